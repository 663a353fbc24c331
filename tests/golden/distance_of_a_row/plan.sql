-- parcel
-- $1 = slot 1, $2 = slot 0
SELECT parcels_1.id AS c0, ST_Distance(CAST(parcels_1.geom AS geography), $1::geography) AS c1
FROM parcels AS parcels_1
WHERE parcels_1.id = $2::BIGINT;
