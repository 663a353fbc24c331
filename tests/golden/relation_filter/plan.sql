-- parcels: page
-- $1 = slot 0, $2 = slot 1
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1
FROM parcels AS parcels_1
WHERE parcels_1.id IN (SELECT parcels_2.id
FROM parcels AS parcels_2
JOIN zoning_districts AS zoning_districts_1 ON (parcels_2.geom && zoning_districts_1.geom) AND (ST_Covers(zoning_districts_1.geom, parcels_2.geom) OR ST_Intersects(parcels_2.geom, zoning_districts_1.geom) AND NOT ST_Touches(parcels_2.geom, zoning_districts_1.geom))
WHERE zoning_districts_1.zone_code LIKE $1::VARCHAR ESCAPE '\') AND true
ORDER BY parcels_1.id ASC
LIMIT $2::BIGINT + 1;

-- parcels: count
-- $1 = slot 0
SELECT count(*) AS count_1
FROM (SELECT parcels_1.id AS id
FROM parcels AS parcels_1
WHERE parcels_1.id IN (SELECT parcels_2.id
FROM parcels AS parcels_2
JOIN zoning_districts AS zoning_districts_1 ON (parcels_2.geom && zoning_districts_1.geom) AND (ST_Covers(zoning_districts_1.geom, parcels_2.geom) OR ST_Intersects(parcels_2.geom, zoning_districts_1.geom) AND NOT ST_Touches(parcels_2.geom, zoning_districts_1.geom))
WHERE zoning_districts_1.zone_code LIKE $1::VARCHAR ESCAPE '\')) AS anon_1;
