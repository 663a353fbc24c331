-- parcels: page
-- $1 = slot 1, $2 = slot 0, $3 = slot 3
WITH anon_1 AS MATERIALIZED
(SELECT measured.stretch AS stretch, ST_Scale(measured.shape, measured.stretch, 1.0) AS target
FROM (SELECT shape.shape AS shape, CASE WHEN (ST_YMax(shape.shape) - ST_YMin(shape.shape) <= 0.14) THEN greatest((cos(radians((ST_YMin(shape.shape) + ST_YMax(shape.shape) + 720.0) * 0.5)) * (1 - 0.00669437999014 * sin(radians((ST_YMin(shape.shape) + ST_YMax(shape.shape) + 720.0) * 0.5)) * sin(radians((ST_YMin(shape.shape) + ST_YMax(shape.shape) + 720.0) * 0.5)))) / CAST(0.99330562000986 AS FLOAT), 1e-09) END AS stretch
FROM (SELECT $1::geometry AS shape) AS shape) AS measured),
anon_2 AS MATERIALIZED
(SELECT measured.stretch AS stretch, ST_Scale(measured.shape, measured.stretch, 1.0) AS target
FROM (SELECT shape.shape AS shape, CASE WHEN (ST_YMax(shape.shape) - ST_YMin(shape.shape) <= 0.14) THEN greatest((cos(radians((ST_YMin(shape.shape) + ST_YMax(shape.shape) + 720.0) * 0.5)) * (1 - 0.00669437999014 * sin(radians((ST_YMin(shape.shape) + ST_YMax(shape.shape) + 720.0) * 0.5)) * sin(radians((ST_YMin(shape.shape) + ST_YMax(shape.shape) + 720.0) * 0.5)))) / CAST(0.99330562000986 AS FLOAT), 1e-09) END AS stretch
FROM (SELECT $1::geometry AS shape) AS shape) AS measured)
 SELECT parcels_1.id AS c0, coalesce(CASE WHEN ST_DWithin(parcels_1.geom, $1::geometry, 0.14) THEN round(ST_Length(CAST(ST_Scale(ST_ShortestLine(ST_Scale(parcels_1.geom, (SELECT anon_1.stretch
FROM anon_1), 1.0), (SELECT anon_1.target
FROM anon_1)), 1.0 / CAST((SELECT anon_1.stretch
FROM anon_1) AS FLOAT), 1.0) AS geography)) * 100000000.0) / CAST(100000000.0 AS FLOAT) END, ST_Distance(CAST(parcels_1.geom AS geography), $1::geography)) AS c1, parcels_1.parcel_id AS c2
FROM parcels AS parcels_1
WHERE (CAST(parcels_1.geom AS geography) && _ST_Expand($1::geography, $2::FLOAT * 1.006 + 0.001)) AND coalesce(CASE WHEN ST_DWithin(parcels_1.geom, $1::geometry, 0.14) THEN round(ST_Length(CAST(ST_Scale(ST_ShortestLine(ST_Scale(parcels_1.geom, (SELECT anon_2.stretch
FROM anon_2), 1.0), (SELECT anon_2.target
FROM anon_2)), 1.0 / CAST((SELECT anon_2.stretch
FROM anon_2) AS FLOAT), 1.0) AS geography)) * 100000000.0) / CAST(100000000.0 AS FLOAT) END, ST_Distance(CAST(parcels_1.geom AS geography), $1::geography)) <= $2::FLOAT AND true
ORDER BY parcels_1.id ASC
LIMIT $3::BIGINT + 1;
