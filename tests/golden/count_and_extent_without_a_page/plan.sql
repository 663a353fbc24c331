-- zoningDistricts: count
-- no parameters
SELECT count(*) AS count_1
FROM (SELECT zoning_districts_1.id AS id
FROM zoning_districts AS zoning_districts_1
WHERE true) AS anon_1;

-- zoningDistricts: extent
-- no parameters
SELECT ARRAY[ST_XMin(anon_1.extent), ST_YMin(anon_1.extent), ST_XMax(anon_1.extent), ST_YMax(anon_1.extent)] AS box
FROM (SELECT ST_Extent(zoning_districts_1.geom) AS extent
FROM zoning_districts AS zoning_districts_1
WHERE true) AS anon_1
WHERE anon_1.extent IS NOT NULL;
