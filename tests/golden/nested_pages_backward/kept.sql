-- zoningDistricts > 0: page
-- $1 = parents, $2 = slot 1
SELECT parcels_1.id AS c0, parents.id AS c1, page.position_0 AS c2, parcels_1.parcel_id AS c3, parcels_1.year_built AS c4
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (SELECT parcels_2.id AS id, parcels_2.id AS position_0, NULL AS distance, row_number() OVER (ORDER BY parcels_2.id DESC) AS rank
FROM parcel_zoning_districts AS parcel_zoning_districts_1
JOIN parcels AS parcels_2 ON parcels_2.id = parcel_zoning_districts_1.source_id
WHERE parcels_2.year_built IS NOT NULL AND true AND parcel_zoning_districts_1.target_id = parents.id
ORDER BY parcels_2.id DESC
LIMIT $2::BIGINT + 1) AS page ON true
JOIN parcels AS parcels_1 ON parcels_1.id = page.id
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts'))
ORDER BY parents.id, page.rank;

-- zoningDistricts > 0: count
-- $1 = parents
SELECT parents.id AS parent_id, anon_1.number
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (SELECT count(*) AS number
FROM LATERAL (SELECT parcel_zoning_districts_1.source_id AS source_id
FROM parcel_zoning_districts AS parcel_zoning_districts_1
JOIN parcels AS parcels_1 ON parcels_1.id = parcel_zoning_districts_1.source_id
WHERE parcel_zoning_districts_1.target_id = parents.id AND parcels_1.year_built IS NOT NULL) AS anon_2) AS anon_1 ON true
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_3
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts'));

-- zoningDistricts > 0: extent
-- $1 = parents
SELECT anon_1.parent_id, CASE WHEN (ST_XMax(anon_1.extent) - ST_XMin(anon_1.extent) > 180.0 AND ST_XMax(anon_1.eastward) - ST_XMin(anon_1.eastward) < ST_XMax(anon_1.extent) - ST_XMin(anon_1.extent)) THEN ARRAY[ST_XMin(anon_1.eastward), ST_YMin(anon_1.eastward), CASE WHEN (ST_XMax(anon_1.eastward) > 180.0) THEN ST_XMax(anon_1.eastward) - 360.0 ELSE ST_XMax(anon_1.eastward) END, ST_YMax(anon_1.eastward)] ELSE ARRAY[ST_XMin(anon_1.extent), ST_YMin(anon_1.extent), ST_XMax(anon_1.extent), ST_YMax(anon_1.extent)] END AS box
FROM (SELECT parcel_zoning_districts_1.target_id AS parent_id, ST_Extent(parcels_1.geom) AS extent, ST_Extent(CASE WHEN ((parcels_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(parcels_1.geom) - 180.0 > ST_XMin(parcels_1.geom) AND NOT ST_Intersects(parcels_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(parcels_1.geom) WHEN (ST_XMax(parcels_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(parcels_1.geom), 360.0, 0.0) ELSE parcels_1.geom END) AS eastward
FROM parcel_zoning_districts AS parcel_zoning_districts_1
JOIN parcels AS parcels_1 ON parcels_1.id = parcel_zoning_districts_1.source_id
WHERE parcel_zoning_districts_1.target_id = ANY ($1::BIGINT[]) AND parcels_1.year_built IS NOT NULL AND (SELECT sqrt(-count(*)) = 0 AS anon_2
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts'))
GROUP BY parcel_zoning_districts_1.target_id) AS anon_1;
