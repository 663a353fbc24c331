-- parcels: groups
-- $1 = slot 1, $2 = slot 5, $3 = slot 2, $4 = slot 3, $5 = 'month', $6 = slot 4
WITH grouped AS
(SELECT parcels_1.land_use AS k0, floor(CAST(parcels_1.year_built AS NUMERIC) / CAST(CAST($1::FLOAT AS NUMERIC) AS NUMERIC)) AS k1, date_trunc($5::VARCHAR, parcels_1.created_at, 'UTC') AS k2, count(*) AS rows, CAST(count(*) AS FLOAT) AS weight, count(*) AS m0, CAST(sum(parcels_1.assessed_value) AS TEXT) AS m1, CAST(avg(CAST(ST_Area(CAST(parcels_1.geom AS geography)) AS NUMERIC)) AS FLOAT) AS m2, count(*) AS h0, CAST(sum(parcels_1.assessed_value) AS NUMERIC) AS h1
FROM parcels AS parcels_1
WHERE parcels_1.year_built IS NOT NULL
GROUP BY 1, 2, 3)
 SELECT totals.total, totals.withheld, page.rank, page.weight, page.k0 AS k0_0, CAST(page.k1 * CAST($1::FLOAT AS NUMERIC) AS FLOAT) AS k1_0, CAST((page.k1 + 1) * CAST($1::FLOAT AS NUMERIC) AS FLOAT) AS k1_1, page.k2 AS k2_0, page.m0, page.m1, page.m2
FROM (SELECT count(*) FILTER (WHERE grouped.rows >= $2::BIGINT AND grouped.h0 >= $3::INTEGER AND grouped.h1 < $4::NUMERIC) AS total, count(*) FILTER (WHERE (grouped.rows >= $2::BIGINT) IS false) AS withheld
FROM grouped) AS totals
LEFT OUTER
JOIN (SELECT grouped.k0 AS k0, grouped.k1 AS k1, grouped.k2 AS k2, grouped.rows AS rows, grouped.weight AS weight, grouped.m0 AS m0, grouped.m1 AS m1, grouped.m2 AS m2, grouped.h0 AS h0, grouped.h1 AS h1, row_number() OVER (ORDER BY grouped.h1 DESC NULLS LAST, grouped.k0 ASC NULLS LAST, grouped.k1 ASC NULLS LAST, grouped.k2 ASC NULLS LAST, grouped.rows DESC, grouped.k0 ASC NULLS LAST, grouped.k1 ASC NULLS LAST, grouped.k2 ASC NULLS LAST) AS rank
FROM grouped
WHERE grouped.rows >= $2::BIGINT AND grouped.h0 >= $3::INTEGER AND grouped.h1 < $4::NUMERIC
ORDER BY rank
LIMIT $6::BIGINT) AS page ON true
ORDER BY page.rank;
