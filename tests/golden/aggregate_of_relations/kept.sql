-- zoningDistricts > 0: aggregate
-- $1 = parents, $2 = slot 2
SELECT found.m0, found.m1, found.m2, found.m3, parents.id AS parent_id
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (SELECT count(*) AS m0, CAST(sum(parcels_1.assessed_value) AS TEXT) AS m1, max(parcels_1.year_built) AS m2, ST_AsGeoJSON(ST_Multi(ST_ForcePolygonCCW(ST_ReducePrecision(ST_SimplifyPreserveTopology(ST_ForcePolygonCCW(ST_Multi(ST_Union(parcels_1.geom
ORDER BY parcels_1.id))), $2::FLOAT / CAST(111320.0 AS FLOAT)), 1e-05))), 5, 0) AS m3
FROM parcel_zoning_districts AS parcel_zoning_districts_1
JOIN parcels AS parcels_1 ON parcels_1.id = parcel_zoning_districts_1.source_id
WHERE parcel_zoning_districts_1.target_id = parents.id AND parcels_1.year_built IS NOT NULL) AS found ON true
WHERE (SELECT sqrt(-count(*)) = 0 AS anon_1
FROM relation_marks AS relation_marks_1
WHERE relation_marks_1.relation IN ('parcel_zoning_districts'));
