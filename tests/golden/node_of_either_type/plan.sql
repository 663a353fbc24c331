-- node parcels
-- $1 = slot 0
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1
FROM parcels AS parcels_1
WHERE parcels_1.id = ANY ($1::BIGINT[]);

-- node zoning_districts
-- $1 = slot 1
SELECT zoning_districts_1.id AS c0, zoning_districts_1.code AS c1
FROM zoning_districts AS zoning_districts_1
WHERE zoning_districts_1.id = ANY ($1::BIGINT[]);
