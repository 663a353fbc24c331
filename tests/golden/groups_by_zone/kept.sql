-- parcels: groups
-- $1 = slot 3, $2 = slot 0, $3 = slot 2
WITH grouped AS
(SELECT related.whole_id AS k0, count(*) AS rows, CAST(sum(CASE WHEN (coalesce(related.share, 1.0) = 1.0) THEN CAST(1 AS NUMERIC) ELSE 1 * CAST(coalesce(related.share, 1.0) AS NUMERIC) END) AS FLOAT) AS weight, count(*) AS m0, CAST(sum(CASE WHEN (coalesce(related.share, 1.0) = 1.0) THEN CAST(CAST(ST_Area(CAST(parcels_1.geom AS geography)) AS NUMERIC) AS NUMERIC) ELSE CAST(ST_Area(CAST(parcels_1.geom AS geography)) AS NUMERIC) * CAST(coalesce(related.share, 1.0) AS NUMERIC) END) AS FLOAT) AS m1, CAST(sum(CASE WHEN (coalesce(related.share, 1.0) = 1.0) THEN CAST(parcels_1.assessed_value AS NUMERIC) ELSE parcels_1.assessed_value * CAST(coalesce(related.share, 1.0) AS NUMERIC) END) AS TEXT) AS m2, CAST(sum(CASE WHEN (coalesce(related.share, 1.0) = 1.0) THEN CAST(parcels_1.assessed_value AS NUMERIC) ELSE parcels_1.assessed_value * CAST(coalesce(related.share, 1.0) AS NUMERIC) END) / CAST(nullif(sum(CASE WHEN (coalesce(related.share, 1.0) = 1.0) THEN CAST(1 AS NUMERIC) ELSE 1 * CAST(coalesce(related.share, 1.0) AS NUMERIC) END) FILTER (WHERE parcels_1.assessed_value IS NOT NULL), 0) AS NUMERIC) AS FLOAT) AS m3
FROM parcels AS parcels_1
LEFT OUTER
JOIN (SELECT parcel_zoning_districts_1.source_id AS part_id, parcel_zoning_districts_1.target_id AS whole_id, parcel_zoning_districts_1.coverage AS share
FROM parcel_zoning_districts AS parcel_zoning_districts_1) AS related ON related.part_id = parcels_1.id
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts')) AND ST_Area(CAST(parcels_1.geom AS geography)) > $2::FLOAT
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
