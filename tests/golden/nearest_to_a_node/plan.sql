-- zoningDistricts: page
-- $1 = slot 0, $2 = slot 1
SELECT zoning_districts_1.id AS c0, ST_Distance(CAST(zoning_districts_1.geom AS geography), (SELECT CAST(parcels.geom AS geography) AS geom
FROM parcels
WHERE parcels.id = $1::BIGINT)) AS c1, zoning_districts_1.code AS c2
FROM zoning_districts AS zoning_districts_1
WHERE true AND (CAST(zoning_districts_1.geom AS geography) && _ST_Expand((SELECT CAST(parcels.geom AS geography) AS geom
FROM parcels
WHERE parcels.id = $1::BIGINT), coalesce((SELECT (CAST(zoning_districts_2.geom AS geography) <-> (SELECT CAST(parcels.geom AS geography) AS geom
FROM parcels
WHERE parcels.id = $1::BIGINT)) * 1.006 AS anon_1
FROM zoning_districts AS zoning_districts_2
WHERE true
ORDER BY CAST(zoning_districts_2.geom AS geography) <-> (SELECT CAST(parcels.geom AS geography) AS geom
FROM parcels
WHERE parcels.id = $1::BIGINT)
LIMIT 1 OFFSET $2::BIGINT), 20040000.0)))
ORDER BY ST_Distance(CAST(zoning_districts_1.geom AS geography), (SELECT CAST(parcels.geom AS geography) AS geom
FROM parcels
WHERE parcels.id = $1::BIGINT)) ASC, zoning_districts_1.id ASC
LIMIT $2::BIGINT + 1;
