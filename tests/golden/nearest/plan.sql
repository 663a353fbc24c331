-- parcels: page
-- $1 = slot 0, $2 = slot 2
WITH anon_1 AS MATERIALIZED
(SELECT measured.stretch AS stretch, ST_Scale(measured.shape, measured.stretch, 1.0) AS target
FROM (SELECT shape.shape AS shape, CASE WHEN (ST_YMax(shape.shape) - ST_YMin(shape.shape) <= 0.14) THEN greatest((cos(radians((ST_YMin(shape.shape) + ST_YMax(shape.shape) + 720.0) * 0.5)) * (1 - 0.00669437999014 * sin(radians((ST_YMin(shape.shape) + ST_YMax(shape.shape) + 720.0) * 0.5)) * sin(radians((ST_YMin(shape.shape) + ST_YMax(shape.shape) + 720.0) * 0.5)))) / CAST(0.99330562000986 AS FLOAT), 1e-09) END AS stretch
FROM (SELECT $1::geometry AS shape) AS shape) AS measured),
near AS MATERIALIZED
(SELECT parcels_2.id AS id, measured.metres AS metres
FROM parcels AS parcels_2
JOIN LATERAL (SELECT coalesce(CASE WHEN ST_DWithin(parcels_2.geom, $1::geometry, 0.14) THEN round(ST_Length(CAST(ST_Scale(ST_ShortestLine(ST_Scale(parcels_2.geom, (SELECT anon_1.stretch
FROM anon_1), 1.0), (SELECT anon_1.target
FROM anon_1)), 1.0 / CAST((SELECT anon_1.stretch
FROM anon_1) AS FLOAT), 1.0) AS geography)) * 100000000.0) / CAST(100000000.0 AS FLOAT) END, ST_Distance(CAST(parcels_2.geom AS geography), $1::geography)) AS metres
LIMIT ALL OFFSET 0) AS measured ON true
WHERE true
ORDER BY parcels_2.geom <-> $1::geometry
LIMIT 4)
 SELECT parcels_1.id AS c0, measured.metres AS c1, measured.metres AS c2, parcels_1.id AS c3, parcels_1.parcel_id AS c4
FROM parcels AS parcels_1
LEFT OUTER
JOIN near ON near.id = parcels_1.id
JOIN LATERAL (SELECT coalesce(near.metres, coalesce(CASE WHEN ST_DWithin(parcels_1.geom, $1::geometry, 0.14) THEN round(ST_Length(CAST(ST_Scale(ST_ShortestLine(ST_Scale(parcels_1.geom, (SELECT anon_1.stretch
FROM anon_1), 1.0), (SELECT anon_1.target
FROM anon_1)), 1.0 / CAST((SELECT anon_1.stretch
FROM anon_1) AS FLOAT), 1.0) AS geography)) * 100000000.0) / CAST(100000000.0 AS FLOAT) END, ST_Distance(CAST(parcels_1.geom AS geography), $1::geography))) AS metres
LIMIT ALL OFFSET 0) AS measured ON true
WHERE (CAST(parcels_1.geom AS geography) && _ST_Expand($1::geography, coalesce((SELECT max(anon_2.metres) AS max_1
FROM (SELECT near.metres AS metres
FROM near
ORDER BY near.metres
LIMIT $2::BIGINT + 1) AS anon_2), 0.0) * 1.006 + 0.001)) AND true
ORDER BY measured.metres ASC, parcels_1.id ASC
LIMIT $2::BIGINT + 1;
