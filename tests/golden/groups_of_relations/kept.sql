-- zoningDistricts > 0: aggregate
-- $1 = parents, $2 = slot 3, $3 = slot 1
SELECT found.m0, found.m1, found.m2, parents.id AS parent_id
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (WITH own AS MATERIALIZED
(SELECT parcels_1.id AS id, parcel_zoning_districts_1.coverage AS share
FROM parcel_zoning_districts AS parcel_zoning_districts_1
JOIN parcels AS parcels_1 ON parcels_1.id = parcel_zoning_districts_1.source_id
WHERE parcel_zoning_districts_1.target_id = parents.id AND parcel_zoning_districts_1.coverage >= $2::FLOAT AND parcels_1.land_use = $3::VARCHAR)
 SELECT count(*) AS m0, CAST(sum(CASE WHEN (own.share = 1.0) THEN CAST(CAST(ST_Area(CAST(parcels_2.geom AS geography)) AS NUMERIC) AS NUMERIC) ELSE CAST(ST_Area(CAST(parcels_2.geom AS geography)) AS NUMERIC) * CAST(own.share AS NUMERIC) END) AS FLOAT) AS m1, CAST(sum(CASE WHEN (own.share = 1.0) THEN CAST(parcels_2.assessed_value AS NUMERIC) ELSE parcels_2.assessed_value * CAST(own.share AS NUMERIC) END) AS TEXT) AS m2
FROM parcels AS parcels_2
JOIN own ON own.id = parcels_2.id) AS found ON true
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts'));

-- zoningDistricts > 0: groups
-- $1 = parents, $2 = slot 3, $3 = slot 1, $4 = slot 4, $5 = slot 7, $6 = slot 5, $7 = slot 6
SELECT found.total, found.withheld, found.rank, found.weight, found.k0_0, found.k1_0, found.k1_1, found.m0, found.m1, parents.id AS parent_id
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (WITH own AS MATERIALIZED
(SELECT parcels_1.id AS id, parcel_zoning_districts_1.coverage AS share
FROM parcel_zoning_districts AS parcel_zoning_districts_1
JOIN parcels AS parcels_1 ON parcels_1.id = parcel_zoning_districts_1.source_id
WHERE parcel_zoning_districts_1.target_id = parents.id AND parcel_zoning_districts_1.coverage >= $2::FLOAT AND parcels_1.land_use = $3::VARCHAR),
ends AS
(SELECT percentile_cont($4::FLOAT[]) WITHIN GROUP (ORDER BY CAST(parcels_2.year_built AS FLOAT)) AS ends
FROM parcels AS parcels_2
WHERE parcels_2.id IN (SELECT own.id
FROM own)),
grouped AS
(SELECT related.whole_id AS k0, CASE WHEN (parcels_3.year_built IS NOT NULL) THEN least(width_bucket(CAST(parcels_3.year_built AS FLOAT), ends.ends), array_upper(ends.ends, 1) - 1) END AS k1, count(*) AS rows, CAST(sum(CASE WHEN (own.share * coalesce(related.share, 1.0) = 1.0) THEN CAST(1 AS NUMERIC) ELSE 1 * CAST(own.share * coalesce(related.share, 1.0) AS NUMERIC) END) AS FLOAT) AS weight, count(*) AS m0, CAST(sum(CASE WHEN (own.share * coalesce(related.share, 1.0) = 1.0) THEN CAST(CAST(ST_Area(CAST(parcels_3.geom AS geography)) AS NUMERIC) AS NUMERIC) ELSE CAST(ST_Area(CAST(parcels_3.geom AS geography)) AS NUMERIC) * CAST(own.share * coalesce(related.share, 1.0) AS NUMERIC) END) AS FLOAT) AS m1, count(*) AS h0
FROM parcels AS parcels_3
JOIN own ON own.id = parcels_3.id
LEFT OUTER
JOIN (SELECT parcel_zoning_districts_2.source_id AS part_id, parcel_zoning_districts_2.target_id AS whole_id, parcel_zoning_districts_2.coverage AS share
FROM parcel_zoning_districts AS parcel_zoning_districts_2
WHERE parcel_zoning_districts_2.source_id IN (SELECT own.id
FROM own)) AS related ON related.part_id = parcels_3.id
LEFT OUTER
JOIN ends ON true
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts'))
GROUP BY 1, 2)
 SELECT totals.total AS total, totals.withheld AS withheld, page.rank AS rank, page.weight AS weight, page.k0 AS k0_0, ends.ends[page.k1] AS k1_0, ends.ends[(page.k1 + 1)] AS k1_1, page.m0 AS m0, page.m1 AS m1
FROM (SELECT count(*) FILTER (WHERE grouped.rows >= $5::BIGINT AND grouped.h0 >= $6::INTEGER) AS total, count(*) FILTER (WHERE (grouped.rows >= $5::BIGINT) IS false) AS withheld
FROM grouped) AS totals
LEFT OUTER
JOIN (SELECT grouped.k0 AS k0, grouped.k1 AS k1, grouped.rows AS rows, grouped.weight AS weight, grouped.m0 AS m0, grouped.m1 AS m1, grouped.h0 AS h0, row_number() OVER (ORDER BY grouped.rows DESC, grouped.k0 ASC NULLS LAST, grouped.k1 ASC NULLS LAST) AS rank
FROM grouped
WHERE grouped.rows >= $5::BIGINT AND grouped.h0 >= $6::INTEGER
ORDER BY rank
LIMIT $7::BIGINT) AS page ON true
LEFT OUTER
JOIN ends ON true
ORDER BY page.rank) AS found ON true
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_2
FROM relation_marks AS relation_marks_2
WHERE relation_marks_2.relation IN ('parcel_zoning_districts'))
ORDER BY found.rank;
