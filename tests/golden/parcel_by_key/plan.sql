-- parcel
-- $1 = slot 0
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1, parcels_1.address AS c2, parcels_1.owner_name AS c3, parcels_1.land_use AS c4, CAST(parcels_1.assessed_value AS TEXT) AS c5, parcels_1.year_built AS c6, parcels_1.version AS c7, parcels_1.created_at AS c8, parcels_1.updated_at AS c9, CAST(parcels_1.attributes AS TEXT) AS c10
FROM parcels AS parcels_1
WHERE parcels_1.parcel_id = $1::VARCHAR;
