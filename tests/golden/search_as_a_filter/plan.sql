-- parcels: page
-- $1 = slot 0, $2 = slot 1
SELECT parcels_1.id AS c0, parcels_1.address AS c1
FROM parcels AS parcels_1
WHERE ((gateway_search(parcels_1.address) @@ (SELECT asked.near
FROM gateway_asked($1::VARCHAR) AS asked)) OR (gateway_search(parcels_1.parcel_id) @@ (SELECT asked.near
FROM gateway_asked($1::VARCHAR) AS asked)) OR (gateway_search(parcels_1.owner_name) @@ (SELECT asked.near
FROM gateway_asked($1::VARCHAR) AS asked))) AND true
ORDER BY parcels_1.id ASC
LIMIT $2::BIGINT + 1;

-- parcels: count
-- $1 = slot 0
SELECT count(*) AS count_1
FROM (SELECT parcels_1.id AS id
FROM parcels AS parcels_1
WHERE (gateway_search(parcels_1.address) @@ (SELECT asked.near
FROM gateway_asked($1::VARCHAR) AS asked)) OR (gateway_search(parcels_1.parcel_id) @@ (SELECT asked.near
FROM gateway_asked($1::VARCHAR) AS asked)) OR (gateway_search(parcels_1.owner_name) @@ (SELECT asked.near
FROM gateway_asked($1::VARCHAR) AS asked))) AS anon_1;

-- zoningDistricts: page
-- $1 = slot 3, $2 = slot 4
SELECT zoning_districts_1.id AS c0, zoning_districts_1.code AS c1
FROM zoning_districts AS zoning_districts_1
WHERE zoning_districts_1.id IN (SELECT zoning_districts_2.id
FROM zoning_districts AS zoning_districts_2
JOIN parcels AS parcels_1 ON (parcels_1.geom && zoning_districts_2.geom) AND (ST_Covers(zoning_districts_2.geom, parcels_1.geom) OR ST_Intersects(parcels_1.geom, zoning_districts_2.geom) AND NOT ST_Touches(parcels_1.geom, zoning_districts_2.geom))
WHERE (gateway_search(parcels_1.address) @@ (SELECT asked.near
FROM gateway_asked($1::VARCHAR) AS asked)) OR (gateway_search(parcels_1.parcel_id) @@ (SELECT asked.near
FROM gateway_asked($1::VARCHAR) AS asked)) OR (gateway_search(parcels_1.owner_name) @@ (SELECT asked.near
FROM gateway_asked($1::VARCHAR) AS asked))) AND true
ORDER BY zoning_districts_1.id ASC
LIMIT $2::BIGINT + 1;
