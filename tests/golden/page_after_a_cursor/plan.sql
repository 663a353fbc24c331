-- parcels: page
-- $1 = slot 1, $2 = slot 2, $3 = slot 3, $4 = slot 0
SELECT parcels_1.id AS c0, parcels_1.land_use AS c1, CAST(parcels_1.assessed_value AS TEXT) AS c2, parcels_1.parcel_id AS c3
FROM parcels AS parcels_1
WHERE parcels_1.land_use <= $1::VARCHAR AND (parcels_1.land_use < $1::VARCHAR OR parcels_1.land_use = $1::VARCHAR AND parcels_1.assessed_value >= $2::NUMERIC AND (parcels_1.assessed_value > $2::NUMERIC OR parcels_1.assessed_value = $2::NUMERIC AND parcels_1.id > $3::BIGINT))
ORDER BY parcels_1.land_use DESC, parcels_1.assessed_value ASC NULLS FIRST, parcels_1.id ASC
LIMIT $4::BIGINT + 1;
