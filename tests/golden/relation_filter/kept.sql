-- parcels: page
-- $1 = slot 0, $2 = slot 1
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1
FROM parcels AS parcels_1
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts')) AND parcels_1.id IN (SELECT parcel_zoning_districts_1.source_id
FROM parcel_zoning_districts AS parcel_zoning_districts_1
JOIN zoning_districts AS zoning_districts_1 ON zoning_districts_1.id = parcel_zoning_districts_1.target_id
WHERE zoning_districts_1.zone_code LIKE $1::VARCHAR ESCAPE '\') AND true
ORDER BY parcels_1.id ASC
LIMIT $2::BIGINT + 1;

-- parcels: count
-- $1 = slot 0
SELECT count(*) AS count_1
FROM (SELECT parcels_1.id AS id
FROM parcels AS parcels_1
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_2
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts')) AND parcels_1.id IN (SELECT parcel_zoning_districts_1.source_id
FROM parcel_zoning_districts AS parcel_zoning_districts_1
JOIN zoning_districts AS zoning_districts_1 ON zoning_districts_1.id = parcel_zoning_districts_1.target_id
WHERE zoning_districts_1.zone_code LIKE $1::VARCHAR ESCAPE '\')) AS anon_1;
