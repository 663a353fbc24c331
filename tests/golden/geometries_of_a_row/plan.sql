-- parcel
-- $1 = slot 1, $2 = slot 2, $3 = slot 0
SELECT parcels_1.id AS c0, ST_AsGeoJSON(ST_Multi(ST_ForcePolygonCCW(ST_ReducePrecision(ST_SimplifyPreserveTopology(parcels_1.geom, $1::FLOAT / CAST(111320.0 AS FLOAT)), 1e-05))), 5, 0) AS c1, ST_AsGeoJSON(ST_Multi(ST_ForcePolygonCCW(ST_ReducePrecision(ST_SimplifyPreserveTopology(parcels_1.geom, $2::FLOAT / CAST(111320.0 AS FLOAT)), 1e-05))), 5, 0) AS c2, ST_AsGeoJSON(ST_Centroid(parcels_1.geom), 7, 0) AS c3, ST_AsGeoJSON(ST_ForcePolygonCCW(ST_ReducePrecision(ST_PointOnSurface(parcels_1.geom), 0.001)), 3, 0) AS c4, ARRAY[ST_XMin(parcels_1.geom), ST_YMin(parcels_1.geom), ST_XMax(parcels_1.geom), ST_YMax(parcels_1.geom)] AS c5, ST_Area(CAST(parcels_1.geom AS geography)) AS c6, ST_Perimeter(CAST(parcels_1.geom AS geography)) AS c7
FROM parcels AS parcels_1
WHERE parcels_1.id = $3::BIGINT;
