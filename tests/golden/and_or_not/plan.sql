-- parcels: page
-- $1 = slot 0, $2 = slot 1, $3 = slot 2, $4 = slot 3
SELECT parcels_1.id AS c0, parcels_1.address AS c1, parcels_1.year_built AS c2
FROM parcels AS parcels_1
WHERE (parcels_1.year_built < $1::INTEGER OR (parcels_1.address LIKE $2::VARCHAR ESCAPE '\') IS NOT true AND parcels_1.id <= $3::BIGINT) AND true
ORDER BY parcels_1.id ASC
LIMIT $4::BIGINT + 1;

-- parcels: count
-- $1 = slot 0, $2 = slot 1, $3 = slot 2
SELECT count(*) AS count_1
FROM (SELECT parcels_1.id AS id
FROM parcels AS parcels_1
WHERE parcels_1.year_built < $1::INTEGER OR (parcels_1.address LIKE $2::VARCHAR ESCAPE '\') IS NOT true AND parcels_1.id <= $3::BIGINT) AS anon_1;
