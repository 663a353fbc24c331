-- zoningDistricts > 0: page
-- $1 = parents, $2 = slot 11, $3 = slot 12, $4 = slot 10
SELECT parcels_1.id AS c0, parents.id AS c1
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (SELECT few.id AS id, few.position_0 AS position_0, few.distance AS distance, few.rank AS rank
FROM LATERAL (SELECT parcel_zoning_districts_1.source_id AS id, parcel_zoning_districts_1.source_id AS position_0, NULL AS distance, parcel_zoning_districts_1.source_id AS rank
FROM parcel_zoning_districts AS parcel_zoning_districts_1
WHERE parcel_zoning_districts_1.source_id > $2::BIGINT AND parcel_zoning_districts_1.source_id < $3::BIGINT AND parcel_zoning_districts_1.target_id = parents.id
ORDER BY parcel_zoning_districts_1.source_id ASC
LIMIT 16) AS few
ORDER BY few.id ASC
LIMIT $4::BIGINT + 1) AS page ON true
JOIN parcels AS parcels_1 ON parcels_1.id = page.id
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts'))
ORDER BY parents.id, page.rank;
