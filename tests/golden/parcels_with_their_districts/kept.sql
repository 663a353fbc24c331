-- parcels > 0: page
-- $1 = parents, $2 = slot 1
SELECT zoning_districts_1.id AS c0, parents.id AS c1, page.overlap_area_sqm AS c2, page.coverage AS c3, page.is_primary AS c4, zoning_districts_1.zone_code AS c5
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (SELECT few.id AS id, few.position_0 AS position_0, few.distance AS distance, few.rank AS rank, few.overlap_area_sqm AS overlap_area_sqm, few.coverage AS coverage, few.is_primary AS is_primary
FROM LATERAL (SELECT parcel_zoning_districts_1.target_id AS id, parcel_zoning_districts_1.target_id AS position_0, NULL AS distance, parcel_zoning_districts_1.target_id AS rank, parcel_zoning_districts_1.shared AS overlap_area_sqm, parcel_zoning_districts_1.coverage AS coverage, (SELECT parcel_zoning_districts_2.target_id
FROM parcel_zoning_districts AS parcel_zoning_districts_2
WHERE parcel_zoning_districts_2.source_id = parcel_zoning_districts_1.source_id
ORDER BY parcel_zoning_districts_2.shared DESC, parcel_zoning_districts_2.target_id
LIMIT 1) = parcel_zoning_districts_1.target_id AS is_primary
FROM parcel_zoning_districts AS parcel_zoning_districts_1
WHERE true AND parcel_zoning_districts_1.source_id = parents.id
ORDER BY parcel_zoning_districts_1.target_id ASC
LIMIT 4) AS few
ORDER BY few.id ASC
LIMIT $2::BIGINT + 1) AS page ON true
JOIN zoning_districts AS zoning_districts_1 ON zoning_districts_1.id = page.id
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts'))
ORDER BY parents.id, page.rank;

-- parcels > 0: count
-- $1 = parents
SELECT parents.id AS parent_id, anon_1.number
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (SELECT count(*) AS number
FROM LATERAL (SELECT parcel_zoning_districts_1.target_id AS target_id
FROM parcel_zoning_districts AS parcel_zoning_districts_1
WHERE parcel_zoning_districts_1.source_id = parents.id) AS anon_2) AS anon_1 ON true
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_3
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts'));
