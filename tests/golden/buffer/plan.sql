-- parcel
-- $1 = slot 1, $2 = slot 0
SELECT parcels_1.id AS c0, ST_AsGeoJSON(ST_ForcePolygonCCW(ST_Multi(CASE WHEN ((ST_XMin(parcels_1.geom) < -170.0 OR ST_XMax(parcels_1.geom) > 170.0) AND ST_XMax(geometry(ST_Buffer(CAST(parcels_1.geom AS geography), $1::FLOAT))) - ST_XMin(geometry(ST_Buffer(CAST(parcels_1.geom AS geography), $1::FLOAT))) > 180.0) THEN ST_WrapX(ST_ShiftLongitude(geometry(ST_Buffer(CAST(parcels_1.geom AS geography), $1::FLOAT))), 180.0, -360.0) ELSE geometry(ST_Buffer(CAST(parcels_1.geom AS geography), $1::FLOAT)) END)), 7, 0) AS c1
FROM parcels AS parcels_1
WHERE parcels_1.id = $2::BIGINT;
