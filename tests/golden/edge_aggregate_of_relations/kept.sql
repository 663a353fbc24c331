-- parcels > 0: aggregate
-- $1 = parents, $2 = slot 3
SELECT found.m0, found.m1, found.m2, found.m3, parents.id AS parent_id
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (WITH edges AS MATERIALIZED
(SELECT parcel_neighbors_1.shared AS shared_border_m
FROM parcel_neighbors AS parcel_neighbors_1
JOIN parcels AS parcels_1 ON parcels_1.id = parcel_neighbors_1.target_id
WHERE parcel_neighbors_1.source_id = parents.id AND parcels_1.year_built IS NOT NULL)
 SELECT count(*) AS m0, CAST(sum(CAST(edges.shared_border_m AS NUMERIC)) AS FLOAT) AS m1, max(edges.shared_border_m) AS m2, percentile_cont($2::FLOAT) WITHIN GROUP (ORDER BY CAST(edges.shared_border_m AS FLOAT)) AS m3
FROM edges) AS found ON true
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_neighbors'));

-- parcels > 1: aggregate
-- $1 = parents, $2 = slot 5
SELECT found.m0, found.m1, found.m2, parents.id AS parent_id
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (WITH edges AS MATERIALIZED
(SELECT parcel_zoning_districts_1.coverage AS coverage, parcel_zoning_districts_1.shared AS overlap_area_sqm
FROM parcel_zoning_districts AS parcel_zoning_districts_1
JOIN zoning_districts AS zoning_districts_1 ON zoning_districts_1.id = parcel_zoning_districts_1.target_id
WHERE parcel_zoning_districts_1.source_id = parents.id AND parcel_zoning_districts_1.coverage >= $2::FLOAT)
 SELECT CAST(sum(CAST(edges.coverage AS NUMERIC)) AS FLOAT) AS m0, CAST(sum(CAST(edges.overlap_area_sqm AS NUMERIC)) AS FLOAT) AS m1, min(edges.coverage) AS m2
FROM edges) AS found ON true
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts'));
