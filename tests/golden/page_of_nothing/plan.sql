-- parcels: page
-- $1 = slot 0
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1, parcels_1.id AS c2, parcels_1.address AS c3, parcels_1.owner_name AS c4, parcels_1.mailing_address AS c5, parcels_1.mailing_address_2 AS c6, parcels_1.mailing_city AS c7, parcels_1.mailing_state AS c8, parcels_1.mailing_zip AS c9, parcels_1.land_use AS c10, CAST(to_json(parcels_1.assessed_value) AS TEXT) AS c11, parcels_1.year_built AS c12, parcels_1.version AS c13, parcels_1.created_at AS c14, parcels_1.updated_at AS c15, ST_AsGeoJSON(parcels_1.geom, 7, 0) AS c16, box_send(box(CASE WHEN ((parcels_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(parcels_1.geom) - 180.0 > ST_XMin(parcels_1.geom) AND NOT ST_Intersects(parcels_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(parcels_1.geom) ELSE parcels_1.geom END)) AS c17
FROM parcels AS parcels_1
WHERE true
ORDER BY parcels_1.id ASC
LIMIT $1::BIGINT + 1;
