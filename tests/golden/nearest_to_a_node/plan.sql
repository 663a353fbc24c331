-- zoningDistricts: page
-- $1 = slot 0, $2 = slot 1
SELECT zoning_districts_1.id AS c0, ST_Distance(CAST(zoning_districts_1.geom AS geography), (SELECT CAST(parcels_1.geom AS geography) AS geom
FROM parcels AS parcels_1
WHERE parcels_1.id = $1::BIGINT)) AS c1, zoning_districts_1.code AS c2
FROM zoning_districts AS zoning_districts_1
WHERE true AND (CAST(zoning_districts_1.geom AS geography) && _ST_Expand((SELECT CAST(parcels_2.geom AS geography) AS geom
FROM parcels AS parcels_2
WHERE parcels_2.id = $1::BIGINT), coalesce((SELECT (CAST(zoning_districts_2.geom AS geography) <-> (SELECT CAST(parcels_3.geom AS geography) AS geom
FROM parcels AS parcels_3
WHERE parcels_3.id = $1::BIGINT)) * 1.006 AS anon_1
FROM zoning_districts AS zoning_districts_2
WHERE true
ORDER BY CAST(zoning_districts_2.geom AS geography) <-> (SELECT CAST(parcels_3.geom AS geography) AS geom
FROM parcels AS parcels_3
WHERE parcels_3.id = $1::BIGINT)
LIMIT 1 OFFSET $2::BIGINT), 20040000.0)))
ORDER BY ST_Distance(CAST(zoning_districts_1.geom AS geography), (SELECT CAST(parcels_4.geom AS geography) AS geom
FROM parcels AS parcels_4
WHERE parcels_4.id = $1::BIGINT)) ASC, zoning_districts_1.id ASC
LIMIT $2::BIGINT + 1;
