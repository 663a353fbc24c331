-- zoningDistricts > 0: page
-- $1 = parents, $2 = slot 1
SELECT parcels_1.id AS c0, parents.id AS c1, parcels_1.parcel_id AS c2
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (SELECT parcels_2.id AS id, ST_Area(CAST(parcels_2.geom AS geography)) AS position_0, parcels_2.id AS position_1, NULL AS distance, row_number() OVER (ORDER BY ST_Area(CAST(parcels_2.geom AS geography)) DESC, parcels_2.id DESC) AS rank
FROM parcel_zoning_districts AS parcel_zoning_districts_1
JOIN parcels AS parcels_2 ON parcels_2.id = parcel_zoning_districts_1.source_id
WHERE true AND parcel_zoning_districts_1.target_id = parents.id
ORDER BY ST_Area(CAST(parcels_2.geom AS geography)) DESC, parcels_2.id DESC
LIMIT $2::BIGINT + 1) AS page ON true
JOIN parcels AS parcels_1 ON parcels_1.id = page.id
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts'))
ORDER BY parents.id, page.rank;

-- zoningDistricts > 0 > 0: page
-- $1 = parents, $2 = slot 2
SELECT parcels_1.id AS c0, parents.id AS c1, page.shared_border_m AS c2, parcels_1.parcel_id AS c3
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (SELECT few.id AS id, few.position_0 AS position_0, few.distance AS distance, few.rank AS rank, few.shared_border_m AS shared_border_m
FROM LATERAL (SELECT parcel_neighbors_1.target_id AS id, parcel_neighbors_1.target_id AS position_0, NULL AS distance, parcel_neighbors_1.target_id AS rank, parcel_neighbors_1.shared AS shared_border_m
FROM parcel_neighbors AS parcel_neighbors_1
WHERE true AND parcel_neighbors_1.source_id = parents.id
ORDER BY parcel_neighbors_1.target_id ASC
LIMIT 4) AS few
ORDER BY few.id ASC
LIMIT $2::BIGINT + 1) AS page ON true
JOIN parcels AS parcels_1 ON parcels_1.id = page.id
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_neighbors'))
ORDER BY parents.id, page.rank;
