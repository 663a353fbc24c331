-- parcels: page
-- $1 = slot 0, $2 = 1
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1
FROM parcels AS parcels_1
WHERE true
ORDER BY parcels_1.id ASC
LIMIT $1::BIGINT + $2::BIGINT;

-- parcels > 0: page
-- $1 = slot 1, $2 = 1, $3 = 1, $4 = parents
WITH part AS MATERIALIZED
(SELECT parcels_2.id AS id, ST_Area(CAST(parcels_2.geom AS geography)) AS area, (SELECT zoning_districts_3.id
FROM zoning_districts AS zoning_districts_3
WHERE (parcels_2.geom && zoning_districts_3.geom) AND (ST_Covers(zoning_districts_3.geom, parcels_2.geom) OR ST_Intersects(parcels_2.geom, zoning_districts_3.geom) AND NOT ST_Touches(parcels_2.geom, zoning_districts_3.geom))
ORDER BY CASE WHEN ST_Covers(zoning_districts_3.geom, parcels_2.geom) THEN ST_Area(CAST(parcels_2.geom AS geography)) ELSE ST_Area(CAST(ST_Intersection(parcels_2.geom, zoning_districts_3.geom) AS geography)) END DESC, zoning_districts_3.id
LIMIT $3::INTEGER) AS primary_id
FROM parcels AS parcels_2
WHERE parcels_2.id = ANY ($4::BIGINT[]))
 SELECT zoning_districts_1.id AS c0, parcels_1.id AS c1, CASE WHEN ST_Covers(zoning_districts_1.geom, parcels_1.geom) THEN ST_Area(CAST(parcels_1.geom AS geography)) ELSE ST_Area(CAST(ST_Intersection(parcels_1.geom, zoning_districts_1.geom) AS geography)) END AS c2, part.area AS c3, part.primary_id = zoning_districts_1.id AS c4, zoning_districts_1.zone_code AS c5
FROM parcels AS parcels_1
JOIN LATERAL (SELECT zoning_districts_2.id AS id, zoning_districts_2.id AS position_0, NULL AS distance, row_number() OVER (ORDER BY zoning_districts_2.id ASC) AS rank
FROM zoning_districts AS zoning_districts_2
WHERE (parcels_1.geom && zoning_districts_2.geom) AND (ST_Covers(zoning_districts_2.geom, parcels_1.geom) OR ST_Intersects(parcels_1.geom, zoning_districts_2.geom) AND NOT ST_Touches(parcels_1.geom, zoning_districts_2.geom)) AND true
ORDER BY zoning_districts_2.id ASC
LIMIT $1::BIGINT + $2::BIGINT) AS anon_1 ON true
JOIN zoning_districts AS zoning_districts_1 ON zoning_districts_1.id = anon_1.id
JOIN part ON part.id = parcels_1.id
WHERE parcels_1.id = ANY ($4::BIGINT[])
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
