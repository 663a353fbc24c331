-- parcels: page
-- $1 = slot 0, $2 = 1
SELECT parcels_1.id AS c0
FROM parcels AS parcels_1
WHERE true
ORDER BY parcels_1.id ASC
LIMIT $1::BIGINT + $2::BIGINT;

-- parcels > 0: page
-- $1 = 0.0, $2 = 1.0, $3 = slot 2, $4 = slot 1, $5 = 1, $6 = parents
WITH part AS MATERIALIZED
(SELECT parcels_2.id AS id, ST_Area(CAST(parcels_2.geom AS geography)) AS area
FROM parcels AS parcels_2
WHERE parcels_2.id = ANY ($6::BIGINT[]))
 SELECT zoning_districts_1.id AS c0, parcels_1.id AS c1, CASE WHEN ST_Covers(zoning_districts_1.geom, parcels_1.geom) THEN ST_Area(CAST(parcels_1.geom AS geography)) ELSE ST_Area(CAST(ST_Intersection(parcels_1.geom, zoning_districts_1.geom) AS geography)) END AS c2, part.area AS c3
FROM parcels AS parcels_1
JOIN LATERAL (SELECT zoning_districts_2.id AS id, zoning_districts_2.id AS position_0, NULL AS distance, row_number() OVER (ORDER BY zoning_districts_2.id ASC) AS rank
FROM zoning_districts AS zoning_districts_2
WHERE (parcels_1.geom && zoning_districts_2.geom) AND (ST_Covers(zoning_districts_2.geom, parcels_1.geom) OR ST_Intersects(parcels_1.geom, zoning_districts_2.geom) AND NOT ST_Touches(parcels_1.geom, zoning_districts_2.geom)) AND least(CASE WHEN ST_Covers(zoning_districts_2.geom, parcels_1.geom) THEN ST_Area(CAST(parcels_1.geom AS geography)) ELSE ST_Area(CAST(ST_Intersection(parcels_1.geom, zoning_districts_2.geom) AS geography)) END / CAST(nullif(ST_Area(CAST(parcels_1.geom AS geography)), $1::FLOAT) AS FLOAT), $2::FLOAT) >= $3::FLOAT AND true
ORDER BY zoning_districts_2.id ASC
LIMIT $4::BIGINT + $5::BIGINT) AS anon_1 ON true
JOIN zoning_districts AS zoning_districts_1 ON zoning_districts_1.id = anon_1.id
JOIN part ON part.id = parcels_1.id
WHERE parcels_1.id = ANY ($6::BIGINT[])
ORDER BY parcels_1.id, anon_1.rank;
