-- zoningDistricts: page
-- $1 = slot 0, $2 = 1.006, $3 = 1, $4 = slot 1, $5 = 20040000.0, $6 = 1
SELECT zoning_districts_1.id AS c0, ST_Distance(CAST(zoning_districts_1.geom AS geography), (SELECT CAST(parcels.geom AS geography) AS geom
FROM parcels
WHERE parcels.id = $1::BIGINT)) AS c1, zoning_districts_1.code AS c2
FROM zoning_districts AS zoning_districts_1
WHERE true AND (CAST(zoning_districts_1.geom AS geography) && _ST_Expand((SELECT CAST(parcels.geom AS geography) AS geom
FROM parcels
WHERE parcels.id = $1::BIGINT), coalesce((SELECT (CAST(zoning_districts_2.geom AS geography) <-> (SELECT CAST(parcels.geom AS geography) AS geom
FROM parcels
WHERE parcels.id = $1::BIGINT)) * $2::FLOAT AS anon_1
FROM zoning_districts AS zoning_districts_2
WHERE true
ORDER BY CAST(zoning_districts_2.geom AS geography) <-> (SELECT CAST(parcels.geom AS geography) AS geom
FROM parcels
WHERE parcels.id = $1::BIGINT)
LIMIT $3::INTEGER OFFSET $4::BIGINT), $5::FLOAT)))
ORDER BY ST_Distance(CAST(zoning_districts_1.geom AS geography), (SELECT CAST(parcels.geom AS geography) AS geom
FROM parcels
WHERE parcels.id = $1::BIGINT)) ASC, zoning_districts_1.id ASC
LIMIT $4::BIGINT + $6::BIGINT;
