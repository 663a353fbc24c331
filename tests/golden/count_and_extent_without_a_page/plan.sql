-- zoningDistricts: count
-- no parameters
SELECT count(*) AS count_1
FROM (SELECT zoning_districts_1.id AS id
FROM zoning_districts AS zoning_districts_1
WHERE true) AS anon_1;

-- zoningDistricts: extent
-- no parameters
WITH extents AS
(SELECT ST_Extent(zoning_districts_1.geom) AS extent
FROM zoning_districts AS zoning_districts_1
WHERE true)
 SELECT CASE WHEN (ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AND ST_XMax((SELECT ST_Extent(CASE WHEN ((zoning_districts_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(zoning_districts_1.geom) - 180.0 > ST_XMin(zoning_districts_1.geom) AND NOT ST_Intersects(zoning_districts_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(zoning_districts_1.geom) WHEN (ST_XMax(zoning_districts_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(zoning_districts_1.geom), 360.0, 0.0) ELSE zoning_districts_1.geom END) AS extent
FROM zoning_districts AS zoning_districts_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_1
FROM extents))) - ST_XMin((SELECT ST_Extent(CASE WHEN ((zoning_districts_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(zoning_districts_1.geom) - 180.0 > ST_XMin(zoning_districts_1.geom) AND NOT ST_Intersects(zoning_districts_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(zoning_districts_1.geom) WHEN (ST_XMax(zoning_districts_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(zoning_districts_1.geom), 360.0, 0.0) ELSE zoning_districts_1.geom END) AS extent
FROM zoning_districts AS zoning_districts_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_1
FROM extents))) < ST_XMax(extents.extent) - ST_XMin(extents.extent)) THEN ARRAY[ST_XMin((SELECT ST_Extent(CASE WHEN ((zoning_districts_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(zoning_districts_1.geom) - 180.0 > ST_XMin(zoning_districts_1.geom) AND NOT ST_Intersects(zoning_districts_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(zoning_districts_1.geom) WHEN (ST_XMax(zoning_districts_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(zoning_districts_1.geom), 360.0, 0.0) ELSE zoning_districts_1.geom END) AS extent
FROM zoning_districts AS zoning_districts_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_1
FROM extents))), ST_YMin((SELECT ST_Extent(CASE WHEN ((zoning_districts_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(zoning_districts_1.geom) - 180.0 > ST_XMin(zoning_districts_1.geom) AND NOT ST_Intersects(zoning_districts_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(zoning_districts_1.geom) WHEN (ST_XMax(zoning_districts_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(zoning_districts_1.geom), 360.0, 0.0) ELSE zoning_districts_1.geom END) AS extent
FROM zoning_districts AS zoning_districts_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_1
FROM extents))), CASE WHEN (ST_XMax((SELECT ST_Extent(CASE WHEN ((zoning_districts_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(zoning_districts_1.geom) - 180.0 > ST_XMin(zoning_districts_1.geom) AND NOT ST_Intersects(zoning_districts_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(zoning_districts_1.geom) WHEN (ST_XMax(zoning_districts_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(zoning_districts_1.geom), 360.0, 0.0) ELSE zoning_districts_1.geom END) AS extent
FROM zoning_districts AS zoning_districts_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_1
FROM extents))) > 180.0) THEN ST_XMax((SELECT ST_Extent(CASE WHEN ((zoning_districts_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(zoning_districts_1.geom) - 180.0 > ST_XMin(zoning_districts_1.geom) AND NOT ST_Intersects(zoning_districts_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(zoning_districts_1.geom) WHEN (ST_XMax(zoning_districts_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(zoning_districts_1.geom), 360.0, 0.0) ELSE zoning_districts_1.geom END) AS extent
FROM zoning_districts AS zoning_districts_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_1
FROM extents))) - 360.0 ELSE ST_XMax((SELECT ST_Extent(CASE WHEN ((zoning_districts_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(zoning_districts_1.geom) - 180.0 > ST_XMin(zoning_districts_1.geom) AND NOT ST_Intersects(zoning_districts_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(zoning_districts_1.geom) WHEN (ST_XMax(zoning_districts_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(zoning_districts_1.geom), 360.0, 0.0) ELSE zoning_districts_1.geom END) AS extent
FROM zoning_districts AS zoning_districts_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_1
FROM extents))) END, ST_YMax((SELECT ST_Extent(CASE WHEN ((zoning_districts_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(zoning_districts_1.geom) - 180.0 > ST_XMin(zoning_districts_1.geom) AND NOT ST_Intersects(zoning_districts_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(zoning_districts_1.geom) WHEN (ST_XMax(zoning_districts_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(zoning_districts_1.geom), 360.0, 0.0) ELSE zoning_districts_1.geom END) AS extent
FROM zoning_districts AS zoning_districts_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_1
FROM extents)))] ELSE ARRAY[ST_XMin(extents.extent), ST_YMin(extents.extent), ST_XMax(extents.extent), ST_YMax(extents.extent)] END AS box
FROM extents
WHERE extents.extent IS NOT NULL;
