-- zoningDistricts: page
-- $1 = slot 0, $2 = slot 1
SELECT zoning_districts_1.id AS c0, zoning_districts_1.code AS c1
FROM zoning_districts AS zoning_districts_1
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts')) AND NOT (EXISTS (SELECT parcel_zoning_districts_1.target_id
FROM parcel_zoning_districts AS parcel_zoning_districts_1
JOIN parcels AS parcels_1 ON parcels_1.id = parcel_zoning_districts_1.source_id
WHERE parcels_1.year_built > $1::INTEGER AND parcel_zoning_districts_1.target_id = zoning_districts_1.id)) AND true
ORDER BY zoning_districts_1.id ASC
LIMIT $2::BIGINT + 1;

-- zoningDistricts: count
-- $1 = slot 0
SELECT count(*) AS count_1
FROM (SELECT zoning_districts_1.id AS id
FROM zoning_districts AS zoning_districts_1
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_2
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts')) AND NOT (EXISTS (SELECT parcel_zoning_districts_1.target_id
FROM parcel_zoning_districts AS parcel_zoning_districts_1
JOIN parcels AS parcels_1 ON parcels_1.id = parcel_zoning_districts_1.source_id
WHERE parcels_1.year_built > $1::INTEGER AND parcel_zoning_districts_1.target_id = zoning_districts_1.id))) AS anon_1;
