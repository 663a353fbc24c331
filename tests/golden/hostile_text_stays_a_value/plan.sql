-- parcels: page
-- $1 = slot 0, $2 = slot 1
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1
FROM parcels AS parcels_1
WHERE parcels_1.address LIKE $1::VARCHAR ESCAPE '\' AND true
ORDER BY parcels_1.id ASC
LIMIT $2::BIGINT + 1;

-- parcels: count
-- $1 = slot 0
SELECT count(*) AS count_1
FROM (SELECT parcels_1.id AS id
FROM parcels AS parcels_1
WHERE parcels_1.address LIKE $1::VARCHAR ESCAPE '\') AS anon_1;
