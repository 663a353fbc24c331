-- parcels: groups
-- $1 = slot 3, $2 = slot 0, $3 = slot 2
WITH grouped AS
(SELECT related.whole_id AS k0, count(*) AS rows, CAST(sum(CASE WHEN (coalesce(related.share, 1.0) = 1.0) THEN CAST(1 AS NUMERIC) ELSE 1 * CAST(coalesce(related.share, 1.0) AS NUMERIC) END) AS FLOAT) AS weight, count(*) AS m0, CAST(sum(CASE WHEN (coalesce(related.share, 1.0) = 1.0) THEN CAST(CAST(ST_Area(CAST(parcels_1.geom AS geography)) AS NUMERIC) AS NUMERIC) ELSE CAST(ST_Area(CAST(parcels_1.geom AS geography)) AS NUMERIC) * CAST(coalesce(related.share, 1.0) AS NUMERIC) END) AS FLOAT) AS m1, CAST(sum(CASE WHEN (coalesce(related.share, 1.0) = 1.0) THEN CAST(parcels_1.assessed_value AS NUMERIC) ELSE parcels_1.assessed_value * CAST(coalesce(related.share, 1.0) AS NUMERIC) END) AS TEXT) AS m2, CAST(sum(CASE WHEN (coalesce(related.share, 1.0) = 1.0) THEN CAST(parcels_1.assessed_value AS NUMERIC) ELSE parcels_1.assessed_value * CAST(coalesce(related.share, 1.0) AS NUMERIC) END) / CAST(nullif(sum(CASE WHEN (coalesce(related.share, 1.0) = 1.0) THEN CAST(1 AS NUMERIC) ELSE 1 * CAST(coalesce(related.share, 1.0) AS NUMERIC) END) FILTER (WHERE parcels_1.assessed_value IS NOT NULL), 0) AS NUMERIC) AS FLOAT) AS m3
FROM parcels AS parcels_1
LEFT OUTER
JOIN (SELECT pair.part_id AS part_id, pair.whole_id AS whole_id, least(CASE WHEN pair.inside THEN pair.size ELSE ST_Area(CAST(ST_Intersection(pair.part, pair.whole) AS geography)) END / CAST(nullif(pair.size, 0.0) AS FLOAT), 1.0) AS share
FROM (SELECT tested.part_id AS part_id, tested.whole_id AS whole_id, tested.part AS part, tested.whole AS whole, tested.inside AS inside, ST_Area(CAST(tested.part AS geography)) AS size
FROM (SELECT near.part_id AS part_id, near.whole_id AS whole_id, near.part AS part, near.whole AS whole, ST_Covers(near.whole, near.part) AS inside
FROM (SELECT parcels_2.id AS part_id, zoning_districts_1.id AS whole_id, parcels_2.geom AS part, zoning_districts_1.geom AS whole
FROM parcels AS parcels_2
JOIN zoning_districts AS zoning_districts_1 ON parcels_2.geom && zoning_districts_1.geom
WHERE ST_Area(CAST(parcels_2.geom AS geography)) > $2::FLOAT) AS near
LIMIT ALL OFFSET 0) AS tested
WHERE tested.inside OR ST_Intersects(tested.part, tested.whole) AND NOT ST_Touches(tested.part, tested.whole)
LIMIT ALL OFFSET 0) AS pair) AS related ON related.part_id = parcels_1.id
WHERE ST_Area(CAST(parcels_1.geom AS geography)) > $2::FLOAT
GROUP BY 1)
 SELECT totals.total, totals.withheld, page.rank, page.weight, page.k0 AS k0_0, page.m0, page.m1, page.m2, page.m3
FROM (SELECT count(*) FILTER (WHERE grouped.rows >= $1::BIGINT) AS total, count(*) FILTER (WHERE (grouped.rows >= $1::BIGINT) IS false) AS withheld
FROM grouped) AS totals
LEFT OUTER
JOIN (SELECT grouped.k0 AS k0, grouped.rows AS rows, grouped.weight AS weight, grouped.m0 AS m0, grouped.m1 AS m1, grouped.m2 AS m2, grouped.m3 AS m3, row_number() OVER (ORDER BY grouped.rows DESC, grouped.k0 ASC NULLS LAST) AS rank
FROM grouped
WHERE grouped.rows >= $1::BIGINT
ORDER BY rank
LIMIT $3::BIGINT) AS page ON true
ORDER BY page.rank;
