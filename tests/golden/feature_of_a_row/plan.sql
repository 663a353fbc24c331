-- parcel
-- $1 = slot 1, $2 = slot 0
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1, parcels_1.address AS c2, parcels_1.owner_name AS c3, parcels_1.mailing_address AS c4, parcels_1.mailing_address_2 AS c5, parcels_1.mailing_city AS c6, parcels_1.mailing_state AS c7, parcels_1.mailing_zip AS c8, parcels_1.land_use AS c9, CAST(to_json(parcels_1.assessed_value) AS TEXT) AS c10, parcels_1.year_built AS c11, parcels_1.version AS c12, parcels_1.created_at AS c13, parcels_1.updated_at AS c14, ST_AsGeoJSON(ST_Multi(ST_ForcePolygonCCW(ST_SimplifyPreserveTopology(parcels_1.geom, $1::FLOAT / CAST(111320.0 AS FLOAT)))), 7, 0) AS c15
FROM parcels AS parcels_1
WHERE parcels_1.id = $2::BIGINT;
