-- first: page
-- $1 = slot 1, $2 = slot 2, $3 = slot 0
SELECT parcels_1.id AS c0
FROM parcels AS parcels_1
WHERE parcels_1.id > $1::BIGINT AND parcels_1.id < $2::BIGINT
ORDER BY parcels_1.id ASC
LIMIT $3::BIGINT + 1;

-- last: page
-- $1 = slot 4, $2 = slot 5, $3 = slot 3
SELECT parcels_1.id AS c0
FROM parcels AS parcels_1
WHERE parcels_1.id > $1::BIGINT AND parcels_1.id < $2::BIGINT
ORDER BY parcels_1.id DESC
LIMIT $3::BIGINT + 1;

-- empty: page
-- $1 = slot 7, $2 = slot 8, $3 = slot 6
SELECT parcels_1.id AS c0
FROM parcels AS parcels_1
WHERE parcels_1.id > $1::BIGINT AND parcels_1.id < $2::BIGINT
ORDER BY parcels_1.id ASC
LIMIT $3::BIGINT + 1;

-- zoningDistricts: page
-- $1 = slot 9
SELECT zoning_districts_1.id AS c0
FROM zoning_districts AS zoning_districts_1
WHERE true
ORDER BY zoning_districts_1.id ASC
LIMIT $1::BIGINT + 1;

-- zoningDistricts > 0: page
-- $1 = slot 11, $2 = slot 12, $3 = slot 10, $4 = parents
SELECT parcels_1.id AS c0, zoning_districts_1.id AS c1
FROM zoning_districts AS zoning_districts_1
JOIN LATERAL (SELECT near.id AS id, near.position_0 AS position_0, near.distance AS distance, row_number() OVER (ORDER BY near.key_0 ASC) AS rank
FROM LATERAL (SELECT parcels_2.id AS id, parcels_2.geom AS geom, NULL AS distance, parcels_2.id AS key_0, parcels_2.id AS position_0
FROM parcels AS parcels_2
WHERE (parcels_2.geom && zoning_districts_1.geom) AND parcels_2.id > $1::BIGINT AND parcels_2.id < $2::BIGINT
ORDER BY parcels_2.id ASC
LIMIT ALL OFFSET 0) AS near
WHERE (near.geom && zoning_districts_1.geom) AND (ST_Covers(zoning_districts_1.geom, near.geom) OR ST_Intersects(near.geom, zoning_districts_1.geom) AND NOT ST_Touches(near.geom, zoning_districts_1.geom))
ORDER BY near.key_0 ASC
LIMIT $3::BIGINT + 1) AS anon_1 ON true
JOIN parcels AS parcels_1 ON parcels_1.id = anon_1.id
WHERE zoning_districts_1.id = ANY ($4::BIGINT[])
ORDER BY zoning_districts_1.id, anon_1.rank;
