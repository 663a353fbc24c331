-- zoningDistricts: page
-- $1 = slot 0
SELECT zoning_districts_1.id AS c0, zoning_districts_1.code AS c1
FROM zoning_districts AS zoning_districts_1
WHERE true
ORDER BY zoning_districts_1.id DESC
LIMIT $1::BIGINT + 1;

-- zoningDistricts > 0: page
-- $1 = slot 1, $2 = parents
SELECT parcels_1.id AS c0, zoning_districts_1.id AS c1, anon_1.position_0 AS c2, parcels_1.parcel_id AS c3, parcels_1.year_built AS c4
FROM zoning_districts AS zoning_districts_1
JOIN LATERAL (SELECT near.id AS id, near.position_0 AS position_0, near.distance AS distance, row_number() OVER (ORDER BY near.key_0 DESC) AS rank
FROM LATERAL (SELECT parcels_2.id AS id, parcels_2.geom AS geom, NULL AS distance, parcels_2.id AS key_0, parcels_2.id AS position_0
FROM parcels AS parcels_2
WHERE (parcels_2.geom && zoning_districts_1.geom) AND parcels_2.year_built IS NOT NULL AND true
ORDER BY parcels_2.id DESC
LIMIT ALL OFFSET 0) AS near
WHERE (near.geom && zoning_districts_1.geom) AND (ST_Covers(zoning_districts_1.geom, near.geom) OR ST_Intersects(near.geom, zoning_districts_1.geom) AND NOT ST_Touches(near.geom, zoning_districts_1.geom))
ORDER BY near.key_0 DESC
LIMIT $1::BIGINT + 1) AS anon_1 ON true
JOIN parcels AS parcels_1 ON parcels_1.id = anon_1.id
WHERE zoning_districts_1.id = ANY ($2::BIGINT[])
ORDER BY zoning_districts_1.id, anon_1.rank;

-- zoningDistricts > 0: count
-- $1 = parents
SELECT zoning_districts_1.id AS parent_id, anon_1.number
FROM zoning_districts AS zoning_districts_1
JOIN LATERAL (SELECT count(*) AS number
FROM LATERAL (SELECT parcels_1.id AS id
FROM parcels AS parcels_1
WHERE (parcels_1.geom && zoning_districts_1.geom) AND (ST_Covers(zoning_districts_1.geom, parcels_1.geom) OR ST_Intersects(parcels_1.geom, zoning_districts_1.geom) AND NOT ST_Touches(parcels_1.geom, zoning_districts_1.geom)) AND parcels_1.year_built IS NOT NULL) AS anon_2) AS anon_1 ON true
WHERE zoning_districts_1.id = ANY ($1::BIGINT[]);

-- zoningDistricts > 0: extent
-- $1 = parents
SELECT anon_1.parent_id, CASE WHEN (ST_XMax(anon_1.extent) - ST_XMin(anon_1.extent) > 180.0 AND ST_XMax(anon_1.eastward) - ST_XMin(anon_1.eastward) < ST_XMax(anon_1.extent) - ST_XMin(anon_1.extent)) THEN ARRAY[ST_XMin(anon_1.eastward), ST_YMin(anon_1.eastward), CASE WHEN (ST_XMax(anon_1.eastward) > 180.0) THEN ST_XMax(anon_1.eastward) - 360.0 ELSE ST_XMax(anon_1.eastward) END, ST_YMax(anon_1.eastward)] ELSE ARRAY[ST_XMin(anon_1.extent), ST_YMin(anon_1.extent), ST_XMax(anon_1.extent), ST_YMax(anon_1.extent)] END AS box
FROM (SELECT zoning_districts_1.id AS parent_id, ST_Extent(parcels_1.geom) AS extent, ST_Extent(CASE WHEN ((parcels_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(parcels_1.geom) - 180.0 > ST_XMin(parcels_1.geom) AND NOT ST_Intersects(parcels_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(parcels_1.geom) WHEN (ST_XMax(parcels_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(parcels_1.geom), 360.0, 0.0) ELSE parcels_1.geom END) AS eastward
FROM zoning_districts AS zoning_districts_1
JOIN parcels AS parcels_1 ON (parcels_1.geom && zoning_districts_1.geom) AND (ST_Covers(zoning_districts_1.geom, parcels_1.geom) OR ST_Intersects(parcels_1.geom, zoning_districts_1.geom) AND NOT ST_Touches(parcels_1.geom, zoning_districts_1.geom))
WHERE zoning_districts_1.id = ANY ($1::BIGINT[]) AND parcels_1.year_built IS NOT NULL
GROUP BY zoning_districts_1.id) AS anon_1;
