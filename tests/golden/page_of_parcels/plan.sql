-- parcels: page
-- $1 = slot 0
SELECT parcels_1.id AS c0, parcels_1.id AS c1, parcels_1.parcel_id AS c2
FROM parcels AS parcels_1
WHERE true
ORDER BY parcels_1.id ASC
LIMIT $1::BIGINT + 1;
