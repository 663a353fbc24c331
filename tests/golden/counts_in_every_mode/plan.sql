-- parcels: count
-- no parameters
SELECT count(*) AS count_1
FROM (SELECT parcels_1.id AS id
FROM parcels AS parcels_1
WHERE parcels_1.land_use IS NOT NULL) AS anon_1;

-- parcels: estimate
-- no parameters
EXPLAIN (FORMAT JSON) SELECT parcels_1.id
FROM parcels AS parcels_1
WHERE parcels_1.land_use IS NOT NULL;

-- parcels: count
-- $1 = slot 3
SELECT count(*) AS count_1
FROM (SELECT parcels_1.id AS id
FROM parcels AS parcels_1
WHERE parcels_1.land_use IS NOT NULL
LIMIT $1::BIGINT) AS anon_1;
