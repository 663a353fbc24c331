-- parcel
-- $1 = 1, $2 = 3857, $3 = 3857, $4 = 0.1, $5 = 1, $6 = slot 0
SELECT parcels_1.id AS c0, CASE WHEN (EXISTS (SELECT $1::INTEGER AS anon_1
FROM spatial_ref_sys
WHERE spatial_ref_sys.srid = $2::INTEGER)) THEN ST_AsGeoJSON(ST_Multi(ST_ForcePolygonCCW(ST_ReducePrecision(ST_Transform(parcels_1.geom, $3::INTEGER), $4::FLOAT))), $5::INTEGER, 0) END AS c1
FROM parcels AS parcels_1
WHERE parcels_1.id = $6::BIGINT;
