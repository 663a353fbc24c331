-- parcels: page
-- $1 = slot 0, $2 = slot 1
SELECT parcels_1.id AS c0, CAST(parcels_1.attributes AS TEXT) AS c1
FROM parcels AS parcels_1
WHERE (parcels_1.attributes @> CAST($1::VARCHAR AS JSONB)) AND true
ORDER BY parcels_1.id ASC
LIMIT $2::BIGINT + 1;

-- parcels: count
-- $1 = slot 0
SELECT count(*) AS count_1
FROM (SELECT parcels_1.id AS id
FROM parcels AS parcels_1
WHERE parcels_1.attributes @> CAST($1::VARCHAR AS JSONB)) AS anon_1;
