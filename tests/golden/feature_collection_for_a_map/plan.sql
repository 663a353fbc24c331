-- parcels: page
-- $1 = slot 1, $2 = slot 2
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1, ST_Area(CAST(parcels_1.geom AS geography)) AS c2, CAST(parcels_1.attributes AS TEXT) AS c3, ST_AsGeoJSON(ST_Multi(ST_ForcePolygonCCW(ST_ReducePrecision(parcels_1.geom, 1e-05))), 5, 0) AS c4, box_send(box(parcels_1.geom)) AS c5
FROM parcels AS parcels_1
WHERE (parcels_1.geom && $1::geometry) AND true
ORDER BY parcels_1.id ASC
LIMIT $2::BIGINT + 1;
