-- zoningDistricts: page
-- $1 = slot 0, $2 = slot 1
WITH anon_1 AS MATERIALIZED
(SELECT measured.stretch AS stretch, ST_Scale(measured.shape, measured.stretch, 1.0) AS target
FROM (SELECT shape.shape AS shape, CASE WHEN (ST_YMax(shape.shape) - ST_YMin(shape.shape) <= 0.14) THEN greatest((cos(radians((ST_YMin(shape.shape) + ST_YMax(shape.shape) + 720.0) * 0.5)) * (1 - 0.00669437999014 * sin(radians((ST_YMin(shape.shape) + ST_YMax(shape.shape) + 720.0) * 0.5)) * sin(radians((ST_YMin(shape.shape) + ST_YMax(shape.shape) + 720.0) * 0.5)))) / CAST(0.99330562000986 AS FLOAT), 1e-09) END AS stretch
FROM (SELECT (SELECT parcels_2.geom
FROM parcels AS parcels_2
WHERE parcels_2.id = $1::BIGINT) AS shape) AS shape) AS measured),
near AS MATERIALIZED
(SELECT zoning_districts_2.id AS id, measured.metres AS metres
FROM zoning_districts AS zoning_districts_2
JOIN LATERAL (SELECT coalesce(CASE WHEN ST_DWithin(zoning_districts_2.geom, (SELECT parcels_1.geom
FROM parcels AS parcels_1
WHERE parcels_1.id = $1::BIGINT), 0.14) THEN round(ST_Length(CAST(ST_Scale(ST_ShortestLine(ST_Scale(zoning_districts_2.geom, (SELECT anon_1.stretch
FROM anon_1), 1.0), (SELECT anon_1.target
FROM anon_1)), 1.0 / CAST((SELECT anon_1.stretch
FROM anon_1) AS FLOAT), 1.0) AS geography)) * 100000000.0) / CAST(100000000.0 AS FLOAT) END, ST_Distance(CAST(zoning_districts_2.geom AS geography), (SELECT CAST(parcels_3.geom AS geography) AS geom
FROM parcels AS parcels_3
WHERE parcels_3.id = $1::BIGINT))) AS metres
LIMIT ALL OFFSET 0) AS measured ON true
WHERE true
ORDER BY zoning_districts_2.geom <-> (SELECT parcels_4.geom
FROM parcels AS parcels_4
WHERE parcels_4.id = $1::BIGINT)
LIMIT 4)
 SELECT zoning_districts_1.id AS c0, measured.metres AS c1, zoning_districts_1.code AS c2
FROM zoning_districts AS zoning_districts_1
LEFT OUTER
JOIN near ON near.id = zoning_districts_1.id
JOIN LATERAL (SELECT coalesce(near.metres, coalesce(CASE WHEN ST_DWithin(zoning_districts_1.geom, (SELECT parcels_5.geom
FROM parcels AS parcels_5
WHERE parcels_5.id = $1::BIGINT), 0.14) THEN round(ST_Length(CAST(ST_Scale(ST_ShortestLine(ST_Scale(zoning_districts_1.geom, (SELECT anon_1.stretch
FROM anon_1), 1.0), (SELECT anon_1.target
FROM anon_1)), 1.0 / CAST((SELECT anon_1.stretch
FROM anon_1) AS FLOAT), 1.0) AS geography)) * 100000000.0) / CAST(100000000.0 AS FLOAT) END, ST_Distance(CAST(zoning_districts_1.geom AS geography), (SELECT CAST(parcels_6.geom AS geography) AS geom
FROM parcels AS parcels_6
WHERE parcels_6.id = $1::BIGINT)))) AS metres
LIMIT ALL OFFSET 0) AS measured ON true
WHERE (CAST(zoning_districts_1.geom AS geography) && _ST_Expand((SELECT CAST(parcels_7.geom AS geography) AS geom
FROM parcels AS parcels_7
WHERE parcels_7.id = $1::BIGINT), coalesce((SELECT max(anon_2.metres) AS max_1
FROM (SELECT near.metres AS metres
FROM near
ORDER BY near.metres
LIMIT $2::BIGINT + 1) AS anon_2), 0.0) * 1.006 + 0.001)) AND true
ORDER BY measured.metres ASC, zoning_districts_1.id ASC
LIMIT $2::BIGINT + 1;
