-- parcel > 0: count
-- $1 = parents
SELECT parents.id AS parent_id, anon_1.number
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (SELECT count(*) AS number
FROM LATERAL (SELECT parcel_neighbors_1.target_id AS target_id
FROM parcel_neighbors AS parcel_neighbors_1
WHERE parcel_neighbors_1.source_id = parents.id) AS anon_2) AS anon_1 ON true
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_3
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_neighbors'));
