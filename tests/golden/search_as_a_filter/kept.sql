-- zoningDistricts: page
-- $1 = slot 3, $2 = slot 4
SELECT zoning_districts_1.id AS c0, zoning_districts_1.code AS c1
FROM zoning_districts AS zoning_districts_1
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts')) AND zoning_districts_1.id IN (SELECT parcel_zoning_districts_1.target_id
FROM parcel_zoning_districts AS parcel_zoning_districts_1
JOIN parcels AS parcels_1 ON parcels_1.id = parcel_zoning_districts_1.source_id
WHERE (gateway_search(parcels_1.address) @@ (SELECT asked.near
FROM gateway_asked($1::VARCHAR) AS asked)) OR (gateway_search(parcels_1.parcel_id) @@ (SELECT asked.near
FROM gateway_asked($1::VARCHAR) AS asked)) OR (gateway_search(parcels_1.owner_name) @@ (SELECT asked.near
FROM gateway_asked($1::VARCHAR) AS asked))) AND true
ORDER BY zoning_districts_1.id ASC
LIMIT $2::BIGINT + 1;
