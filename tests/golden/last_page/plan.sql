-- parcels: page
-- $1 = slot 0
SELECT parcels_1.id AS c0, parcels_1.id AS c1
FROM parcels AS parcels_1
WHERE true
ORDER BY parcels_1.id DESC
LIMIT $1::BIGINT + 1;
