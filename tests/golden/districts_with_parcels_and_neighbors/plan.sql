-- zoningDistricts: page
-- $1 = slot 0
SELECT zoning_districts_1.id AS c0, zoning_districts_1.code AS c1
FROM zoning_districts AS zoning_districts_1
WHERE true
ORDER BY zoning_districts_1.id ASC
LIMIT $1::BIGINT + 1;

-- zoningDistricts > 0: page
-- $1 = slot 1, $2 = parents
SELECT parcels_1.id AS c0, zoning_districts_1.id AS c1, parcels_1.parcel_id AS c2
FROM zoning_districts AS zoning_districts_1
JOIN LATERAL (SELECT near.id AS id, near.position_0 AS position_0, near.position_1 AS position_1, near.distance AS distance, row_number() OVER (ORDER BY near.key_0 DESC, near.key_1 DESC) AS rank
FROM LATERAL (SELECT parcels_2.id AS id, parcels_2.geom AS geom, NULL AS distance, ST_Area(CAST(parcels_2.geom AS geography)) AS key_0, parcels_2.id AS key_1, ST_Area(CAST(parcels_2.geom AS geography)) AS position_0, parcels_2.id AS position_1
FROM parcels AS parcels_2
WHERE (parcels_2.geom && zoning_districts_1.geom) AND true
ORDER BY ST_Area(CAST(parcels_2.geom AS geography)) DESC, parcels_2.id DESC
LIMIT ALL OFFSET 0) AS near
WHERE (near.geom && zoning_districts_1.geom) AND (ST_Covers(zoning_districts_1.geom, near.geom) OR ST_Intersects(near.geom, zoning_districts_1.geom) AND NOT ST_Touches(near.geom, zoning_districts_1.geom))
ORDER BY near.key_0 DESC, near.key_1 DESC
LIMIT $1::BIGINT + 1) AS anon_1 ON true
JOIN parcels AS parcels_1 ON parcels_1.id = anon_1.id
WHERE zoning_districts_1.id = ANY ($2::BIGINT[])
ORDER BY zoning_districts_1.id, anon_1.rank;

-- zoningDistricts > 0 > 0: page
-- $1 = slot 2, $2 = parents
SELECT parcels_1.id AS c0, parcels_2.id AS c1, ST_Length(CAST(ST_Intersection(ST_Boundary(CASE WHEN ((parcels_2.geom && 'SRID=4326;LINESTRING(180 -90, 180 90)'::geometry) OR (parcels_2.geom && 'SRID=4326;LINESTRING(-180 -90, -180 90)'::geometry)) THEN ST_Union(ST_Union(parcels_2.geom, ST_Translate(parcels_2.geom, -360.0, 0.0)), ST_Translate(parcels_2.geom, 360.0, 0.0)) ELSE parcels_2.geom END), ST_Boundary(parcels_1.geom)) AS geography)) AS c2, parcels_1.parcel_id AS c3
FROM parcels AS parcels_2
JOIN LATERAL (SELECT near.id AS id, near.position_0 AS position_0, near.distance AS distance, row_number() OVER (ORDER BY near.key_0 ASC) AS rank
FROM LATERAL (SELECT ST_Boundary(CASE WHEN ((parcels_2.geom && 'SRID=4326;LINESTRING(180 -90, 180 90)'::geometry) OR (parcels_2.geom && 'SRID=4326;LINESTRING(-180 -90, -180 90)'::geometry)) THEN ST_Union(ST_Union(parcels_2.geom, ST_Translate(parcels_2.geom, -360.0, 0.0)), ST_Translate(parcels_2.geom, 360.0, 0.0)) ELSE parcels_2.geom END) AS line
LIMIT ALL OFFSET 0) AS outline
JOIN LATERAL (SELECT parcels_3.id AS id, parcels_3.geom AS geom, NULL AS distance, parcels_3.id AS key_0, parcels_3.id AS position_0
FROM parcels AS parcels_3
WHERE ST_Intersects(CASE WHEN ((parcels_2.geom && 'SRID=4326;LINESTRING(180 -90, 180 90)'::geometry) OR (parcels_2.geom && 'SRID=4326;LINESTRING(-180 -90, -180 90)'::geometry)) THEN ST_Union(ST_Union(parcels_2.geom, ST_Translate(parcels_2.geom, -360.0, 0.0)), ST_Translate(parcels_2.geom, 360.0, 0.0)) ELSE parcels_2.geom END, parcels_3.geom) AND parcels_2.id != parcels_3.id AND true
ORDER BY parcels_3.id ASC
LIMIT ALL OFFSET 0) AS near ON true
WHERE ST_Length(ST_Intersection(outline.line, ST_Boundary(near.geom))) > 0
ORDER BY near.key_0 ASC
LIMIT $1::BIGINT + 1) AS anon_1 ON true
JOIN parcels AS parcels_1 ON parcels_1.id = anon_1.id
WHERE parcels_2.id = ANY ($2::BIGINT[])
ORDER BY parcels_2.id, anon_1.rank;
