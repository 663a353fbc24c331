-- zoningDistricts: page
-- $1 = slot 0
SELECT zoning_districts_1.id AS c0, zoning_districts_1.code AS c1
FROM zoning_districts AS zoning_districts_1
WHERE true
ORDER BY zoning_districts_1.id ASC
LIMIT $1::BIGINT + 1;

-- zoningDistricts > 0: aggregate
-- $1 = parents, $2 = slot 2
SELECT found.m0, found.m1, found.m2, found.m3, parents.id AS parent_id
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (SELECT count(*) AS m0, CAST(sum(parcels_1.assessed_value) AS TEXT) AS m1, max(parcels_1.year_built) AS m2, ST_AsGeoJSON(ST_Multi(ST_ForcePolygonCCW(ST_ReducePrecision(ST_SimplifyPreserveTopology(ST_ForcePolygonCCW(ST_Multi(ST_Union(parcels_1.geom
ORDER BY parcels_1.id))), $2::FLOAT / CAST(111320.0 AS FLOAT)), 1e-05))), 5, 0) AS m3
FROM zoning_districts AS zoning_districts_1
JOIN parcels AS parcels_1 ON (parcels_1.geom && zoning_districts_1.geom) AND (ST_Covers(zoning_districts_1.geom, parcels_1.geom) OR ST_Intersects(parcels_1.geom, zoning_districts_1.geom) AND NOT ST_Touches(parcels_1.geom, zoning_districts_1.geom))
WHERE zoning_districts_1.id = parents.id AND parcels_1.year_built IS NOT NULL) AS found ON true;
