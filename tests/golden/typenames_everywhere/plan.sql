-- parcels: page
-- $1 = slot 0
SELECT parcels_1.id AS c0
FROM parcels AS parcels_1
WHERE true
ORDER BY parcels_1.id ASC
LIMIT $1::BIGINT + 1;
