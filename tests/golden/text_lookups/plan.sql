-- parcels: page
-- $1 = slot 0, $2 = slot 1, $3 = slot 2
SELECT parcels_1.id AS c0, parcels_1.address AS c1, parcels_1.land_use AS c2
FROM parcels AS parcels_1
WHERE parcels_1.address IS NOT NULL AND parcels_1.address ILIKE $1::VARCHAR ESCAPE '\' AND parcels_1.land_use = ANY ($2::TEXT[]) AND true
ORDER BY parcels_1.id ASC
LIMIT $3::BIGINT + 1;

-- parcels: count
-- $1 = slot 0, $2 = slot 1
SELECT count(*) AS count_1
FROM (SELECT parcels_1.id AS id
FROM parcels AS parcels_1
WHERE parcels_1.address IS NOT NULL AND parcels_1.address ILIKE $1::VARCHAR ESCAPE '\' AND parcels_1.land_use = ANY ($2::TEXT[])) AS anon_1;
