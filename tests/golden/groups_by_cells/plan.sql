-- parcels: groups
-- $1 = slot 2, $2 = ',', $3 = ',', $4 = slot 4, $5 = ',', $6 = slot 0, $7 = slot 3
WITH grouped AS
(SELECT CASE WHEN (plane.x IS NOT NULL) THEN concat(CAST(floor(plane.x / CAST($1::FLOAT AS FLOAT)) AS BIGINT), $5::VARCHAR, CAST(floor(plane.y / CAST($1::FLOAT AS FLOAT)) AS BIGINT)) END AS k0, count(*) AS rows, CAST(count(*) AS FLOAT) AS weight, count(*) AS m0
FROM parcels AS parcels_1
LEFT OUTER
JOIN LATERAL (SELECT ST_X(placed.point) AS x, ST_Y(placed.point) AS y
FROM LATERAL (SELECT CASE WHEN (CASE WHEN ((parcels_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(parcels_1.geom) - 180.0 > ST_XMin(parcels_1.geom) AND NOT ST_Intersects(parcels_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(ST_Centroid(ST_ShiftLongitude(parcels_1.geom))) ELSE ST_Centroid(parcels_1.geom) END @ ST_MakeEnvelope(-180.0, -90.0, 180.0, 90.0, 4326)) THEN ST_Transform(CASE WHEN ((parcels_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(parcels_1.geom) - 180.0 > ST_XMin(parcels_1.geom) AND NOT ST_Intersects(parcels_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(ST_Centroid(ST_ShiftLongitude(parcels_1.geom))) ELSE ST_Centroid(parcels_1.geom) END, 3857) END AS point
LIMIT ALL OFFSET 0) AS placed) AS plane ON true
WHERE parcels_1.year_built < $6::INTEGER
GROUP BY 1)
 SELECT totals.total, totals.withheld, page.rank, page.weight, page.k0 AS k0_0, ST_AsGeoJSON(ST_ForcePolygonCCW(ST_Transform(ST_Square($1::FLOAT, CAST(split_part(page.k0, $2::VARCHAR, 1) AS INTEGER), CAST(split_part(page.k0, $3::VARCHAR, 2) AS INTEGER), ST_SetSRID(ST_MakePoint(0, 0), 3857)), 4326)), 7, 0) AS k0_1, page.m0
FROM (SELECT count(*) FILTER (WHERE grouped.rows >= $4::BIGINT) AS total, count(*) FILTER (WHERE (grouped.rows >= $4::BIGINT) IS false) AS withheld
FROM grouped) AS totals
LEFT OUTER
JOIN (SELECT grouped.k0 AS k0, grouped.rows AS rows, grouped.weight AS weight, grouped.m0 AS m0, row_number() OVER (ORDER BY grouped.rows DESC, grouped.k0 ASC NULLS LAST) AS rank
FROM grouped
WHERE grouped.rows >= $4::BIGINT
ORDER BY rank
LIMIT $7::BIGINT) AS page ON true
ORDER BY page.rank;

-- parcels: groups
-- $1 = slot 5, $2 = ',', $3 = ',', $4 = slot 7, $5 = ',', $6 = ',', $7 = slot 0, $8 = slot 6
WITH grouped AS
(SELECT CASE WHEN (plane.x / CAST($1::FLOAT AS FLOAT) IS NULL) THEN NULL WHEN (power(plane.x / CAST($1::FLOAT AS FLOAT) - 1.5 * 2 * round((plane.x / CAST($1::FLOAT AS FLOAT)) / CAST(3.0 AS FLOAT)), 2) + 3.0 * power((plane.y / CAST(($1::FLOAT * 1.7320508075688772) AS FLOAT) - round(plane.y / CAST(($1::FLOAT * 1.7320508075688772) AS FLOAT))) - 0.0, 2) <= power(plane.x / CAST($1::FLOAT AS FLOAT) - 1.5 * (2 * floor((plane.x / CAST($1::FLOAT AS FLOAT)) / CAST(3.0 AS FLOAT)) + 1), 2) + 3.0 * power((plane.y / CAST(($1::FLOAT * 1.7320508075688772) AS FLOAT) - floor(plane.y / CAST(($1::FLOAT * 1.7320508075688772) AS FLOAT))) - 0.5, 2)) THEN concat(CAST(2 * round((plane.x / CAST($1::FLOAT AS FLOAT)) / CAST(3.0 AS FLOAT)) AS BIGINT), $5::VARCHAR, CAST(round(plane.y / CAST(($1::FLOAT * 1.7320508075688772) AS FLOAT)) AS BIGINT)) ELSE concat(CAST(2 * floor((plane.x / CAST($1::FLOAT AS FLOAT)) / CAST(3.0 AS FLOAT)) + 1 AS BIGINT), $6::VARCHAR, CAST(floor(plane.y / CAST(($1::FLOAT * 1.7320508075688772) AS FLOAT)) AS BIGINT)) END AS k0, count(*) AS rows, CAST(count(*) AS FLOAT) AS weight
FROM parcels AS parcels_1
LEFT OUTER
JOIN LATERAL (SELECT ST_X(placed.point) AS x, ST_Y(placed.point) AS y
FROM LATERAL (SELECT CASE WHEN (CASE WHEN ((parcels_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(parcels_1.geom) - 180.0 > ST_XMin(parcels_1.geom) AND NOT ST_Intersects(parcels_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(ST_Centroid(ST_ShiftLongitude(parcels_1.geom))) ELSE ST_Centroid(parcels_1.geom) END @ ST_MakeEnvelope(-83.5, 31.46, -59.86, 52.89, 4326)) THEN ST_Transform(CASE WHEN ((parcels_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(parcels_1.geom) - 180.0 > ST_XMin(parcels_1.geom) AND NOT ST_Intersects(parcels_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(ST_Centroid(ST_ShiftLongitude(parcels_1.geom))) ELSE ST_Centroid(parcels_1.geom) END, 2249) END AS point
LIMIT ALL OFFSET 0) AS placed) AS plane ON true
WHERE parcels_1.year_built < $7::INTEGER
GROUP BY 1)
 SELECT totals.total, totals.withheld, page.rank, page.weight, page.k0 AS k0_0, ST_AsGeoJSON(ST_ForcePolygonCCW(ST_Transform(ST_Hexagon($1::FLOAT, CAST(split_part(page.k0, $2::VARCHAR, 1) AS INTEGER), CAST(split_part(page.k0, $3::VARCHAR, 2) AS INTEGER), ST_SetSRID(ST_MakePoint(0, 0), 2249)), 4326)), 7, 0) AS k0_1
FROM (SELECT count(*) FILTER (WHERE grouped.rows >= $4::BIGINT) AS total, count(*) FILTER (WHERE (grouped.rows >= $4::BIGINT) IS false) AS withheld
FROM grouped) AS totals
LEFT OUTER
JOIN (SELECT grouped.k0 AS k0, grouped.rows AS rows, grouped.weight AS weight, row_number() OVER (ORDER BY grouped.rows DESC, grouped.k0 ASC NULLS LAST) AS rank
FROM grouped
WHERE grouped.rows >= $4::BIGINT
ORDER BY rank
LIMIT $8::BIGINT) AS page ON true
ORDER BY page.rank;

-- parcels: groups
-- $1 = slot 10, $2 = slot 8, $3 = slot 0, $4 = slot 9
WITH grouped AS
(SELECT ST_GeoHash(CASE WHEN ((parcels_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(parcels_1.geom) - 180.0 > ST_XMin(parcels_1.geom) AND NOT ST_Intersects(parcels_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(ST_Centroid(ST_ShiftLongitude(parcels_1.geom))) ELSE ST_Centroid(parcels_1.geom) END, $2::INTEGER) AS k0, count(*) AS rows, CAST(count(*) AS FLOAT) AS weight
FROM parcels AS parcels_1
WHERE parcels_1.year_built < $3::INTEGER
GROUP BY 1)
 SELECT totals.total, totals.withheld, page.rank, page.weight, page.k0 AS k0_0, ST_AsGeoJSON(ST_SetSRID(ST_ForcePolygonCCW(ST_GeomFromGeoHash(page.k0)), 4326), 7, 0) AS k0_1
FROM (SELECT count(*) FILTER (WHERE grouped.rows >= $1::BIGINT) AS total, count(*) FILTER (WHERE (grouped.rows >= $1::BIGINT) IS false) AS withheld
FROM grouped) AS totals
LEFT OUTER
JOIN (SELECT grouped.k0 AS k0, grouped.rows AS rows, grouped.weight AS weight, row_number() OVER (ORDER BY grouped.rows DESC, grouped.k0 ASC NULLS LAST) AS rank
FROM grouped
WHERE grouped.rows >= $1::BIGINT
ORDER BY rank
LIMIT $4::BIGINT) AS page ON true
ORDER BY page.rank;

-- parcels: groups
-- $1 = slot 13, $2 = slot 11, $3 = slot 0, $4 = slot 12
WITH ends AS
(SELECT percentile_cont($2::FLOAT[]) WITHIN GROUP (ORDER BY CAST(parcels_2.assessed_value AS FLOAT)) AS ends
FROM parcels AS parcels_2
WHERE parcels_2.year_built < $3::INTEGER),
grouped AS
(SELECT CASE WHEN (parcels_1.assessed_value IS NOT NULL) THEN least(width_bucket(CAST(parcels_1.assessed_value AS FLOAT), ends.ends), array_upper(ends.ends, 1) - 1) END AS k0, count(*) AS rows, CAST(count(*) AS FLOAT) AS weight
FROM parcels AS parcels_1
LEFT OUTER
JOIN ends ON true
WHERE parcels_1.year_built < $3::INTEGER
GROUP BY 1)
 SELECT totals.total, totals.withheld, page.rank, page.weight, ends.ends[page.k0] AS k0_0, ends.ends[(page.k0 + 1)] AS k0_1
FROM (SELECT count(*) FILTER (WHERE grouped.rows >= $1::BIGINT) AS total, count(*) FILTER (WHERE (grouped.rows >= $1::BIGINT) IS false) AS withheld
FROM grouped) AS totals
LEFT OUTER
JOIN (SELECT grouped.k0 AS k0, grouped.rows AS rows, grouped.weight AS weight, row_number() OVER (ORDER BY grouped.k0 ASC NULLS LAST, grouped.rows DESC, grouped.k0 ASC NULLS LAST) AS rank
FROM grouped
WHERE grouped.rows >= $1::BIGINT
ORDER BY rank
LIMIT $4::BIGINT) AS page ON true
LEFT OUTER
JOIN ends ON true
ORDER BY page.rank;

-- parcels: groups
-- $1 = slot 16, $2 = slot 14, $3 = 'isodow', $4 = slot 0, $5 = slot 15
WITH grouped AS
(SELECT nullif(parcels_1.attributes -> $2::VARCHAR, 'null'::jsonb) AS k0, CAST(date_part($3::VARCHAR, timezone('UTC', parcels_1.created_at)) AS INTEGER) AS k1, count(*) AS rows, CAST(count(*) AS FLOAT) AS weight
FROM parcels AS parcels_1
WHERE parcels_1.year_built < $4::INTEGER
GROUP BY 1, 2)
 SELECT totals.total, totals.withheld, page.rank, page.weight, CAST(page.k0 AS TEXT) AS k0_0, page.k1 AS k1_0
FROM (SELECT count(*) FILTER (WHERE grouped.rows >= $1::BIGINT) AS total, count(*) FILTER (WHERE (grouped.rows >= $1::BIGINT) IS false) AS withheld
FROM grouped) AS totals
LEFT OUTER
JOIN (SELECT grouped.k0 AS k0, grouped.k1 AS k1, grouped.rows AS rows, grouped.weight AS weight, row_number() OVER (ORDER BY grouped.rows DESC, grouped.k0 ASC NULLS LAST, grouped.k1 ASC NULLS LAST) AS rank
FROM grouped
WHERE grouped.rows >= $1::BIGINT
ORDER BY rank
LIMIT $5::BIGINT) AS page ON true
ORDER BY page.rank;
