-- parcels: page
-- $1 = slot 0
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1, parcels_1.land_use AS c2
FROM parcels AS parcels_1
WHERE true
ORDER BY parcels_1.id ASC
LIMIT $1::BIGINT + 1;

-- parcels > 0: page
-- $1 = parents, $2 = slot 1
WITH parts AS MATERIALIZED
(SELECT parcels_1.id AS id, parcels_1.geom AS geom
FROM parcels AS parcels_1
WHERE parcels_1.id = ANY ($1::BIGINT[])),
wholes AS MATERIALIZED
(SELECT zoning_districts_2.id AS id, zoning_districts_2.geom AS geom
FROM zoning_districts AS zoning_districts_2
WHERE (zoning_districts_2.geom && (SELECT geometry(ST_Extent(parts.geom)) AS geometry_1
FROM parts)) AND true
LIMIT 65)
 SELECT page.c0, page.c1, page.c2
FROM (SELECT pair.part_id AS parent_id, row_number() OVER (PARTITION BY pair.part_id
ORDER BY zoning_districts_1.id ASC) AS rank, zoning_districts_1.id AS c0, pair.part_id AS c1, zoning_districts_1.code AS c2
FROM (SELECT tested.part_id AS part_id, tested.whole_id AS whole_id, tested.part AS part, tested.whole AS whole, tested.inside AS inside, ST_Area(CAST(tested.part AS geography)) AS size
FROM (SELECT near.part_id AS part_id, near.whole_id AS whole_id, near.part AS part, near.whole AS whole, ST_Covers(near.whole, near.part) AS inside
FROM (SELECT parts.id AS part_id, wholes.id AS whole_id, parts.geom AS part, wholes.geom AS whole
FROM parts, wholes
WHERE (parts.geom && wholes.geom) AND (SELECT count(*) AS count_1
FROM wholes) <= 64 UNION ALL SELECT parts.id AS part_id, zoning_districts_2.id AS whole_id, parts.geom AS part, zoning_districts_2.geom AS whole
FROM zoning_districts AS zoning_districts_2, parts
WHERE (parts.geom && zoning_districts_2.geom) AND (SELECT count(*) AS count_1
FROM wholes) > 64 AND true
ORDER BY whole_id
LIMIT ALL OFFSET 0) AS near
LIMIT ALL OFFSET 0) AS tested
WHERE tested.inside OR ST_Intersects(tested.part, tested.whole) AND NOT ST_Touches(tested.part, tested.whole)) AS pair
JOIN zoning_districts AS zoning_districts_1 ON zoning_districts_1.id = pair.whole_id) AS page
WHERE page.rank <= $2::BIGINT + 1
ORDER BY page.parent_id, page.rank;

-- parcels > 0: count
-- $1 = parents
SELECT parcels_1.id AS parent_id, anon_1.number
FROM parcels AS parcels_1
JOIN LATERAL (SELECT count(*) AS number
FROM LATERAL (SELECT zoning_districts_1.id AS id
FROM zoning_districts AS zoning_districts_1
WHERE (parcels_1.geom && zoning_districts_1.geom) AND (ST_Covers(zoning_districts_1.geom, parcels_1.geom) OR ST_Intersects(parcels_1.geom, zoning_districts_1.geom) AND NOT ST_Touches(parcels_1.geom, zoning_districts_1.geom))) AS anon_2) AS anon_1 ON true
WHERE parcels_1.id = ANY ($1::BIGINT[]);
