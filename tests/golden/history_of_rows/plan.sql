-- parcels: page
-- $1 = slot 1
SELECT parcels_1.id AS c0
FROM parcels AS parcels_1
WHERE true
ORDER BY parcels_1.id DESC, parcels_1.id DESC
LIMIT $1::BIGINT + 1;

-- made
-- $1 = slot 2
SELECT parcels_1.id AS c0
FROM parcels AS parcels_1
WHERE parcels_1.id = $1::BIGINT;

-- then
-- $1 = slot 0, $2 = slot 3
SELECT anon_1.id AS c0, anon_1.version AS c1
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1
WHERE anon_1.id = $2::BIGINT;
