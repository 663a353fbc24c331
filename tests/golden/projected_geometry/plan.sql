-- parcel
-- $1 = slot 0
SELECT parcels_1.id AS c0, CASE WHEN (EXISTS (SELECT 1 AS anon_1
FROM spatial_ref_sys
WHERE spatial_ref_sys.srid = 3857)) THEN CASE WHEN (parcels_1.geom @ ST_MakeEnvelope(-180.0, -90.0, 180.0, 90.0, 4326)) THEN ST_AsGeoJSON(ST_Multi(ST_ForcePolygonCCW(ST_ReducePrecision(ST_Transform(parcels_1.geom, 3857), 0.1))), 1, 0) ELSE 'null' END END AS c1
FROM parcels AS parcels_1
WHERE parcels_1.id = $1::BIGINT;
