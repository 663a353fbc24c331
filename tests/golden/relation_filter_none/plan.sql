-- zoningDistricts: page
-- $1 = slot 0, $2 = slot 1
SELECT zoning_districts_1.id AS c0, zoning_districts_1.code AS c1
FROM zoning_districts AS zoning_districts_1
WHERE (EXISTS (SELECT zoning_districts_2.id
FROM zoning_districts AS zoning_districts_2
JOIN parcels AS parcels_1 ON (parcels_1.geom && zoning_districts_2.geom) AND ST_Covers(zoning_districts_2.geom, parcels_1.geom)
WHERE zoning_districts_2.id = zoning_districts_1.id AND parcels_1.year_built > $1::INTEGER)) IS NOT true AND NOT (EXISTS (SELECT parcels_2.id
FROM parcels AS parcels_2
WHERE (parcels_2.geom && zoning_districts_1.geom) AND (ST_Covers(zoning_districts_1.geom, parcels_2.geom) OR ST_Intersects(parcels_2.geom, zoning_districts_1.geom) AND NOT ST_Touches(parcels_2.geom, zoning_districts_1.geom)) AND parcels_2.year_built > $1::INTEGER)) AND true
ORDER BY zoning_districts_1.id ASC
LIMIT $2::BIGINT + 1;

-- zoningDistricts: count
-- $1 = slot 0
SELECT count(*) AS count_1
FROM (SELECT zoning_districts_1.id AS id
FROM zoning_districts AS zoning_districts_1
WHERE (EXISTS (SELECT zoning_districts_2.id
FROM zoning_districts AS zoning_districts_2
JOIN parcels AS parcels_1 ON (parcels_1.geom && zoning_districts_2.geom) AND ST_Covers(zoning_districts_2.geom, parcels_1.geom)
WHERE zoning_districts_2.id = zoning_districts_1.id AND parcels_1.year_built > $1::INTEGER)) IS NOT true AND NOT (EXISTS (SELECT parcels_2.id
FROM parcels AS parcels_2
WHERE (parcels_2.geom && zoning_districts_1.geom) AND (ST_Covers(zoning_districts_1.geom, parcels_2.geom) OR ST_Intersects(parcels_2.geom, zoning_districts_1.geom) AND NOT ST_Touches(parcels_2.geom, zoning_districts_1.geom)) AND parcels_2.year_built > $1::INTEGER))) AS anon_1;
