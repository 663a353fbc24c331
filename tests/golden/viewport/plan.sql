-- parcels: page
-- $1 = slot 1, $2 = slot 2
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1, parcels_1.address AS c2, parcels_1.land_use AS c3, CAST(parcels_1.assessed_value AS TEXT) AS c4, parcels_1.year_built AS c5, ST_AsGeoJSON(parcels_1.geom, 7, 0) AS c6
FROM parcels AS parcels_1
WHERE ST_Intersects(parcels_1.geom, $1::geometry) AND true
ORDER BY parcels_1.id ASC
LIMIT $2::BIGINT + 1;
