-- parcels: page
-- $1 = slot 0, $2 = slot 2, $3 = slot 4
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1
FROM parcels AS parcels_1
WHERE ST_Within(parcels_1.geom, $1::geometry) AND ST_CoveredBy(CASE WHEN ((parcels_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(parcels_1.geom) - 180.0 > ST_XMin(parcels_1.geom) AND NOT ST_Intersects(parcels_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(ST_Centroid(ST_ShiftLongitude(parcels_1.geom))) ELSE ST_Centroid(parcels_1.geom) END, $2::geometry) AND true
ORDER BY parcels_1.id ASC
LIMIT $3::BIGINT + 1;
