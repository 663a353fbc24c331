-- parcel
-- $1 = slot 0
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1, ST_AsGeoJSON(parcels_1.geom, 7, 0) AS c2
FROM parcels AS parcels_1
WHERE parcels_1.id = $1::BIGINT;
