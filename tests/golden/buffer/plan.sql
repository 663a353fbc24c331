-- parcel
-- $1 = slot 1, $2 = slot 0
SELECT parcels_1.id AS c0, ST_AsGeoJSON(ST_ForcePolygonCCW(ST_Multi(geometry(ST_Buffer(CAST(parcels_1.geom AS geography), $1::FLOAT)))), 7, 0) AS c1
FROM parcels AS parcels_1
WHERE parcels_1.id = $2::BIGINT;
