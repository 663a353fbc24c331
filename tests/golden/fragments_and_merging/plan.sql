-- parcels: page
-- $1 = slot 0, $2 = 1
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1, parcels_1.land_use AS c2
FROM parcels AS parcels_1
WHERE true
ORDER BY parcels_1.id ASC
LIMIT $1::BIGINT + $2::BIGINT;

-- parcels > 0: page
-- $1 = slot 1, $2 = 1, $3 = parents
SELECT zoning_districts_1.id AS c0, parcels_1.id AS c1, zoning_districts_1.code AS c2
FROM parcels AS parcels_1
JOIN LATERAL (SELECT zoning_districts_2.id AS id, zoning_districts_2.id AS position_0, NULL AS distance, row_number() OVER (ORDER BY zoning_districts_2.id ASC) AS rank
FROM zoning_districts AS zoning_districts_2
WHERE (parcels_1.geom && zoning_districts_2.geom) AND (ST_Covers(zoning_districts_2.geom, parcels_1.geom) OR ST_Intersects(parcels_1.geom, zoning_districts_2.geom) AND NOT ST_Touches(parcels_1.geom, zoning_districts_2.geom)) AND true
ORDER BY zoning_districts_2.id ASC
LIMIT $1::BIGINT + $2::BIGINT) AS anon_1 ON true
JOIN zoning_districts AS zoning_districts_1 ON zoning_districts_1.id = anon_1.id
WHERE parcels_1.id = ANY ($3::BIGINT[])
ORDER BY parcels_1.id, anon_1.rank;

-- parcels > 0: count
-- $1 = parents
SELECT parcels_1.id AS parent_id, anon_1.number
FROM parcels AS parcels_1
JOIN LATERAL (SELECT count(*) AS number
FROM LATERAL (SELECT zoning_districts_1.id AS id
FROM zoning_districts AS zoning_districts_1
WHERE (parcels_1.geom && zoning_districts_1.geom) AND (ST_Covers(zoning_districts_1.geom, parcels_1.geom) OR ST_Intersects(parcels_1.geom, zoning_districts_1.geom) AND NOT ST_Touches(parcels_1.geom, zoning_districts_1.geom))) AS anon_2) AS anon_1 ON true
WHERE parcels_1.id = ANY ($1::BIGINT[]);
