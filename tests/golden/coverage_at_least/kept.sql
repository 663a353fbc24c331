-- parcels > 0: page
-- $1 = parents, $2 = slot 2, $3 = slot 1
SELECT zoning_districts_1.id AS c0, parents.id AS c1, page.coverage AS c2
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (SELECT few.id AS id, few.position_0 AS position_0, few.distance AS distance, few.rank AS rank, few.coverage AS coverage
FROM LATERAL (SELECT parcel_zoning_districts_1.target_id AS id, parcel_zoning_districts_1.target_id AS position_0, NULL AS distance, parcel_zoning_districts_1.target_id AS rank, parcel_zoning_districts_1.coverage AS coverage
FROM parcel_zoning_districts AS parcel_zoning_districts_1
WHERE true AND parcel_zoning_districts_1.source_id = parents.id AND parcel_zoning_districts_1.coverage >= $2::FLOAT
ORDER BY parcel_zoning_districts_1.target_id ASC
LIMIT 128) AS few
ORDER BY few.id ASC
LIMIT $3::BIGINT + 1) AS page ON true
JOIN zoning_districts AS zoning_districts_1 ON zoning_districts_1.id = page.id
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts'))
ORDER BY parents.id, page.rank;
