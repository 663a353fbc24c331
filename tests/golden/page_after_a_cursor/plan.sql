-- parcels: page
-- $1 = slot 1, $2 = slot 2, $3 = slot 3, $4 = slot 0
WITH run_0 AS MATERIALIZED
(SELECT parcels_2.id AS id
FROM parcels AS parcels_2
WHERE parcels_2.land_use IS NOT NULL AND parcels_2.land_use <= $1::VARCHAR AND (parcels_2.land_use < $1::VARCHAR OR parcels_2.land_use = $1::VARCHAR AND parcels_2.assessed_value >= $2::NUMERIC AND (parcels_2.assessed_value > $2::NUMERIC OR parcels_2.assessed_value = $2::NUMERIC AND parcels_2.id > $3::BIGINT))
ORDER BY parcels_2.land_use DESC, parcels_2.assessed_value ASC NULLS FIRST, parcels_2.id ASC
LIMIT $4::BIGINT + 1),
run_1 AS MATERIALIZED
(SELECT parcels_3.id AS id
FROM parcels AS parcels_3
WHERE parcels_3.land_use IS NULL
ORDER BY parcels_3.land_use DESC, parcels_3.assessed_value ASC NULLS FIRST, parcels_3.id ASC
LIMIT ($4::BIGINT + 1) - (SELECT count(*) AS count_1
FROM run_0))
 SELECT parcels_1.id AS c0, parcels_1.land_use AS c1, CAST(parcels_1.assessed_value AS TEXT) AS c2, parcels_1.parcel_id AS c3
FROM parcels AS parcels_1
WHERE parcels_1.id = ANY (array((SELECT run_0.id
FROM run_0 UNION ALL SELECT run_1.id
FROM run_1)))
ORDER BY parcels_1.land_use DESC NULLS LAST, parcels_1.assessed_value ASC NULLS FIRST, parcels_1.id ASC
LIMIT $4::BIGINT + 1;
