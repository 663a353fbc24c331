-- then: page
-- $1 = slot 0, $2 = slot 3, $3 = slot 4
SELECT anon_1.id AS c0, ST_Area(CAST(anon_1.geom AS geography)) AS c1, anon_1.id AS c2, anon_1.parcel_id AS c3, anon_1.address AS c4, anon_1.version AS c5, anon_1.created_at AS c6, anon_1.updated_at AS c7, ST_Area(CAST(anon_1.geom AS geography)) AS c8, ST_AsGeoJSON(ST_Multi(ST_ForcePolygonCCW(ST_ReducePrecision(anon_1.geom, 0.0001))), 4, 0) AS c9, ST_AsGeoJSON(ST_Multi(ST_ForcePolygonCCW(ST_ReducePrecision(anon_1.geom, 0.001))), 3, 0) AS c10, box_send(box(CASE WHEN ((anon_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(anon_1.geom) - 180.0 > ST_XMin(anon_1.geom) AND NOT ST_Intersects(anon_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(anon_1.geom) ELSE anon_1.geom END)) AS c11
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1
WHERE anon_1.id >= $2::BIGINT AND true
ORDER BY ST_Area(CAST(anon_1.geom AS geography)) ASC, anon_1.id ASC
LIMIT $3::BIGINT + 1;

-- then > 0: page
-- $1 = slot 0, $2 = parents, $3 = slot 7
WITH parts AS MATERIALIZED
(SELECT anon_2.id AS id, anon_2.geom AS geom
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_2
WHERE anon_2.id = ANY ($2::BIGINT[])),
wholes AS MATERIALIZED
(SELECT anon_3.id AS id, anon_3.geom AS geom
FROM (SELECT every.id AS id, every.code AS code, every.zone_code AS zone_code, every.name AS name, every.category AS category, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT zoning_districts.id AS id, zoning_districts.code AS code, zoning_districts.zone_code AS zone_code, zoning_districts.name AS name, zoning_districts.category AS category, zoning_districts.geom AS geom, zoning_districts.attributes AS attributes, zoning_districts.version AS version, zoning_districts.created_at AS created_at, zoning_districts.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM zoning_districts UNION ALL SELECT zoning_district_history.id AS id, zoning_district_history.code AS code, zoning_district_history.zone_code AS zone_code, zoning_district_history.name AS name, zoning_district_history.category AS category, zoning_district_history.geom AS geom, zoning_district_history.attributes AS attributes, zoning_district_history.version AS version, zoning_district_history.created_at AS created_at, zoning_district_history.updated_at AS updated_at, zoning_district_history.changed_at AS changed_at
FROM zoning_district_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_3
WHERE (anon_3.geom && (SELECT geometry(ST_Extent(parts.geom)) AS geometry_1
FROM parts)) AND true
LIMIT 65),
part AS MATERIALIZED
(SELECT anon_4.id AS id, (SELECT anon_5.id
FROM (SELECT every.id AS id, every.code AS code, every.zone_code AS zone_code, every.name AS name, every.category AS category, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT zoning_districts.id AS id, zoning_districts.code AS code, zoning_districts.zone_code AS zone_code, zoning_districts.name AS name, zoning_districts.category AS category, zoning_districts.geom AS geom, zoning_districts.attributes AS attributes, zoning_districts.version AS version, zoning_districts.created_at AS created_at, zoning_districts.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM zoning_districts UNION ALL SELECT zoning_district_history.id AS id, zoning_district_history.code AS code, zoning_district_history.zone_code AS zone_code, zoning_district_history.name AS name, zoning_district_history.category AS category, zoning_district_history.geom AS geom, zoning_district_history.attributes AS attributes, zoning_district_history.version AS version, zoning_district_history.created_at AS created_at, zoning_district_history.updated_at AS updated_at, zoning_district_history.changed_at AS changed_at
FROM zoning_district_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_5
WHERE (anon_4.geom && anon_5.geom) AND (ST_Covers(anon_5.geom, anon_4.geom) OR ST_Intersects(anon_4.geom, anon_5.geom) AND NOT ST_Touches(anon_4.geom, anon_5.geom))
ORDER BY CASE WHEN ST_Covers(anon_5.geom, anon_4.geom) THEN ST_Area(CAST(anon_4.geom AS geography)) ELSE ST_Area(CAST(ST_Intersection(anon_4.geom, anon_5.geom) AS geography)) END DESC, anon_5.id
LIMIT 1) AS primary_id
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_4
WHERE anon_4.id = ANY ($2::BIGINT[]))
 SELECT page.c0, page.c1, page.c2, page.c3, page.c4, page.c5, page.c6, page.c7
FROM (SELECT pair.part_id AS parent_id, row_number() OVER (PARTITION BY pair.part_id
ORDER BY anon_1.id ASC) AS rank, anon_1.id AS c0, pair.part_id AS c1, CASE WHEN pair.inside THEN pair.size ELSE ST_Area(CAST(ST_Intersection(pair.part, pair.whole) AS geography)) END AS c2, pair.size AS c3, part.primary_id = anon_1.id AS c4, anon_1.zone_code AS c5, anon_1.name AS c6, anon_1.version AS c7
FROM (SELECT tested.part_id AS part_id, tested.whole_id AS whole_id, tested.part AS part, tested.whole AS whole, tested.inside AS inside, ST_Area(CAST(tested.part AS geography)) AS size
FROM (SELECT near.part_id AS part_id, near.whole_id AS whole_id, near.part AS part, near.whole AS whole, ST_Covers(near.whole, near.part) AS inside
FROM (SELECT parts.id AS part_id, wholes.id AS whole_id, parts.geom AS part, wholes.geom AS whole
FROM parts, wholes
WHERE (parts.geom && wholes.geom) AND (SELECT count(*) AS count_1
FROM wholes) <= 64 UNION ALL SELECT parts.id AS part_id, anon_3.id AS whole_id, parts.geom AS part, anon_3.geom AS whole
FROM (SELECT every.id AS id, every.code AS code, every.zone_code AS zone_code, every.name AS name, every.category AS category, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT zoning_districts.id AS id, zoning_districts.code AS code, zoning_districts.zone_code AS zone_code, zoning_districts.name AS name, zoning_districts.category AS category, zoning_districts.geom AS geom, zoning_districts.attributes AS attributes, zoning_districts.version AS version, zoning_districts.created_at AS created_at, zoning_districts.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM zoning_districts UNION ALL SELECT zoning_district_history.id AS id, zoning_district_history.code AS code, zoning_district_history.zone_code AS zone_code, zoning_district_history.name AS name, zoning_district_history.category AS category, zoning_district_history.geom AS geom, zoning_district_history.attributes AS attributes, zoning_district_history.version AS version, zoning_district_history.created_at AS created_at, zoning_district_history.updated_at AS updated_at, zoning_district_history.changed_at AS changed_at
FROM zoning_district_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_3, parts
WHERE (parts.geom && anon_3.geom) AND (SELECT count(*) AS count_1
FROM wholes) > 64 AND true
ORDER BY whole_id
LIMIT ALL OFFSET 0) AS near
LIMIT ALL OFFSET 0) AS tested
WHERE tested.inside OR ST_Intersects(tested.part, tested.whole) AND NOT ST_Touches(tested.part, tested.whole)
LIMIT ALL OFFSET 0) AS pair
JOIN (SELECT every.id AS id, every.code AS code, every.zone_code AS zone_code, every.name AS name, every.category AS category, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT zoning_districts.id AS id, zoning_districts.code AS code, zoning_districts.zone_code AS zone_code, zoning_districts.name AS name, zoning_districts.category AS category, zoning_districts.geom AS geom, zoning_districts.attributes AS attributes, zoning_districts.version AS version, zoning_districts.created_at AS created_at, zoning_districts.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM zoning_districts UNION ALL SELECT zoning_district_history.id AS id, zoning_district_history.code AS code, zoning_district_history.zone_code AS zone_code, zoning_district_history.name AS name, zoning_district_history.category AS category, zoning_district_history.geom AS geom, zoning_district_history.attributes AS attributes, zoning_district_history.version AS version, zoning_district_history.created_at AS created_at, zoning_district_history.updated_at AS updated_at, zoning_district_history.changed_at AS changed_at
FROM zoning_district_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1 ON anon_1.id = pair.whole_id
JOIN part ON part.id = pair.part_id) AS page
WHERE page.rank <= $3::BIGINT + 1
ORDER BY page.parent_id, page.rank;

-- then > 1: page
-- $1 = slot 0, $2 = slot 8, $3 = parents
SELECT anon_1.id AS c0, anon_2.id AS c1, ST_Length(CAST(ST_Intersection(ST_Boundary(CASE WHEN ((anon_2.geom && 'SRID=4326;LINESTRING(180 -90, 180 90)'::geometry) OR (anon_2.geom && 'SRID=4326;LINESTRING(-180 -90, -180 90)'::geometry)) THEN ST_Union(ST_Union(anon_2.geom, ST_Translate(anon_2.geom, -360.0, 0.0)), ST_Translate(anon_2.geom, 360.0, 0.0)) ELSE anon_2.geom END), ST_Boundary(anon_1.geom)) AS geography)) AS c2, anon_1.parcel_id AS c3, anon_1.address AS c4, anon_1.version AS c5
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_2
JOIN LATERAL (SELECT near.id AS id, near.position_0 AS position_0, near.distance AS distance, row_number() OVER (ORDER BY near.key_0 ASC) AS rank
FROM LATERAL (SELECT ST_Boundary(CASE WHEN ((anon_2.geom && 'SRID=4326;LINESTRING(180 -90, 180 90)'::geometry) OR (anon_2.geom && 'SRID=4326;LINESTRING(-180 -90, -180 90)'::geometry)) THEN ST_Union(ST_Union(anon_2.geom, ST_Translate(anon_2.geom, -360.0, 0.0)), ST_Translate(anon_2.geom, 360.0, 0.0)) ELSE anon_2.geom END) AS line
LIMIT ALL OFFSET 0) AS outline
JOIN LATERAL (SELECT anon_4.id AS id, anon_4.geom AS geom, NULL AS distance, anon_4.id AS key_0, anon_4.id AS position_0
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_4
WHERE ST_Intersects(CASE WHEN ((anon_2.geom && 'SRID=4326;LINESTRING(180 -90, 180 90)'::geometry) OR (anon_2.geom && 'SRID=4326;LINESTRING(-180 -90, -180 90)'::geometry)) THEN ST_Union(ST_Union(anon_2.geom, ST_Translate(anon_2.geom, -360.0, 0.0)), ST_Translate(anon_2.geom, 360.0, 0.0)) ELSE anon_2.geom END, anon_4.geom) AND anon_2.id != anon_4.id AND true
ORDER BY anon_4.id ASC
LIMIT ALL OFFSET 0) AS near ON true
WHERE ST_Length(ST_Intersection(outline.line, ST_Boundary(near.geom))) > 0
ORDER BY near.key_0 ASC
LIMIT $2::BIGINT + 1) AS anon_3 ON true
JOIN (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1 ON anon_1.id = anon_3.id
WHERE anon_2.id = ANY ($3::BIGINT[])
ORDER BY anon_2.id, anon_3.rank;

-- then > 1: count
-- $1 = slot 0, $2 = parents
SELECT anon_1.id AS parent_id, anon_2.number
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1
JOIN LATERAL (SELECT count(*) AS number
FROM LATERAL (SELECT anon_4.id AS id
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_4
WHERE (CAST(anon_1.geom AS geography) && _ST_Expand(CAST(anon_4.geom AS geography), 0.01)) AND ST_Intersects(CASE WHEN ((anon_1.geom && 'SRID=4326;LINESTRING(180 -90, 180 90)'::geometry) OR (anon_1.geom && 'SRID=4326;LINESTRING(-180 -90, -180 90)'::geometry)) THEN ST_Union(ST_Union(anon_1.geom, ST_Translate(anon_1.geom, -360.0, 0.0)), ST_Translate(anon_1.geom, 360.0, 0.0)) ELSE anon_1.geom END, anon_4.geom) AND anon_1.id != anon_4.id AND ST_Length(ST_Intersection(ST_Boundary(CASE WHEN ((anon_1.geom && 'SRID=4326;LINESTRING(180 -90, 180 90)'::geometry) OR (anon_1.geom && 'SRID=4326;LINESTRING(-180 -90, -180 90)'::geometry)) THEN ST_Union(ST_Union(anon_1.geom, ST_Translate(anon_1.geom, -360.0, 0.0)), ST_Translate(anon_1.geom, 360.0, 0.0)) ELSE anon_1.geom END), ST_Boundary(anon_4.geom))) > 0) AS anon_3) AS anon_2 ON true
WHERE anon_1.id = ANY ($2::BIGINT[]);

-- then: count
-- $1 = slot 0, $2 = slot 3
SELECT count(*) AS count_1
FROM (SELECT anon_2.id AS id
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_2
WHERE anon_2.id >= $2::BIGINT) AS anon_1;

-- then: count
-- $1 = slot 0, $2 = slot 3, $3 = slot 6
SELECT count(*) AS count_1
FROM (SELECT anon_2.id AS id
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_2
WHERE anon_2.id >= $2::BIGINT
LIMIT $3::BIGINT) AS anon_1;

-- then: extent
-- $1 = slot 0, $2 = slot 3
WITH extents AS
(SELECT ST_Extent(anon_1.geom) AS extent
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1
WHERE anon_1.id >= $2::BIGINT)
 SELECT CASE WHEN (ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AND ST_XMax((SELECT ST_Extent(CASE WHEN ((anon_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(anon_1.geom) - 180.0 > ST_XMin(anon_1.geom) AND NOT ST_Intersects(anon_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(anon_1.geom) WHEN (ST_XMax(anon_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(anon_1.geom), 360.0, 0.0) ELSE anon_1.geom END) AS extent
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_2
FROM extents) AND anon_1.id >= $2::BIGINT)) - ST_XMin((SELECT ST_Extent(CASE WHEN ((anon_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(anon_1.geom) - 180.0 > ST_XMin(anon_1.geom) AND NOT ST_Intersects(anon_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(anon_1.geom) WHEN (ST_XMax(anon_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(anon_1.geom), 360.0, 0.0) ELSE anon_1.geom END) AS extent
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_2
FROM extents) AND anon_1.id >= $2::BIGINT)) < ST_XMax(extents.extent) - ST_XMin(extents.extent)) THEN ARRAY[ST_XMin((SELECT ST_Extent(CASE WHEN ((anon_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(anon_1.geom) - 180.0 > ST_XMin(anon_1.geom) AND NOT ST_Intersects(anon_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(anon_1.geom) WHEN (ST_XMax(anon_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(anon_1.geom), 360.0, 0.0) ELSE anon_1.geom END) AS extent
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_2
FROM extents) AND anon_1.id >= $2::BIGINT)), ST_YMin((SELECT ST_Extent(CASE WHEN ((anon_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(anon_1.geom) - 180.0 > ST_XMin(anon_1.geom) AND NOT ST_Intersects(anon_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(anon_1.geom) WHEN (ST_XMax(anon_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(anon_1.geom), 360.0, 0.0) ELSE anon_1.geom END) AS extent
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_2
FROM extents) AND anon_1.id >= $2::BIGINT)), CASE WHEN (ST_XMax((SELECT ST_Extent(CASE WHEN ((anon_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(anon_1.geom) - 180.0 > ST_XMin(anon_1.geom) AND NOT ST_Intersects(anon_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(anon_1.geom) WHEN (ST_XMax(anon_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(anon_1.geom), 360.0, 0.0) ELSE anon_1.geom END) AS extent
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_2
FROM extents) AND anon_1.id >= $2::BIGINT)) > 180.0) THEN ST_XMax((SELECT ST_Extent(CASE WHEN ((anon_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(anon_1.geom) - 180.0 > ST_XMin(anon_1.geom) AND NOT ST_Intersects(anon_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(anon_1.geom) WHEN (ST_XMax(anon_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(anon_1.geom), 360.0, 0.0) ELSE anon_1.geom END) AS extent
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_2
FROM extents) AND anon_1.id >= $2::BIGINT)) - 360.0 ELSE ST_XMax((SELECT ST_Extent(CASE WHEN ((anon_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(anon_1.geom) - 180.0 > ST_XMin(anon_1.geom) AND NOT ST_Intersects(anon_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(anon_1.geom) WHEN (ST_XMax(anon_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(anon_1.geom), 360.0, 0.0) ELSE anon_1.geom END) AS extent
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_2
FROM extents) AND anon_1.id >= $2::BIGINT)) END, ST_YMax((SELECT ST_Extent(CASE WHEN ((anon_1.geom && 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry) AND ST_XMax(anon_1.geom) - 180.0 > ST_XMin(anon_1.geom) AND NOT ST_Intersects(anon_1.geom, 'SRID=4326;LINESTRING(0 -90, 0 90)'::geometry)) THEN ST_ShiftLongitude(anon_1.geom) WHEN (ST_XMax(anon_1.geom) < 0.0) THEN ST_Translate(ST_Envelope(anon_1.geom), 360.0, 0.0) ELSE anon_1.geom END) AS extent
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1
WHERE (SELECT ST_XMax(extents.extent) - ST_XMin(extents.extent) > 180.0 AS anon_2
FROM extents) AND anon_1.id >= $2::BIGINT))] ELSE ARRAY[ST_XMin(extents.extent), ST_YMin(extents.extent), ST_XMax(extents.extent), ST_YMax(extents.extent)] END AS box
FROM extents
WHERE extents.extent IS NOT NULL;

-- changed: page
-- $1 = slot 1, $2 = slot 10, $3 = slot 11
SELECT anon_1.id AS c0, anon_1.parcel_id AS c1, anon_1.address AS c2
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1
WHERE anon_1.id IN (SELECT anon_2.id
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_2
JOIN (SELECT every.id AS id, every.code AS code, every.zone_code AS zone_code, every.name AS name, every.category AS category, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT zoning_districts.id AS id, zoning_districts.code AS code, zoning_districts.zone_code AS zone_code, zoning_districts.name AS name, zoning_districts.category AS category, zoning_districts.geom AS geom, zoning_districts.attributes AS attributes, zoning_districts.version AS version, zoning_districts.created_at AS created_at, zoning_districts.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM zoning_districts UNION ALL SELECT zoning_district_history.id AS id, zoning_district_history.code AS code, zoning_district_history.zone_code AS zone_code, zoning_district_history.name AS name, zoning_district_history.category AS category, zoning_district_history.geom AS geom, zoning_district_history.attributes AS attributes, zoning_district_history.version AS version, zoning_district_history.created_at AS created_at, zoning_district_history.updated_at AS updated_at, zoning_district_history.changed_at AS changed_at
FROM zoning_district_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_3 ON (anon_2.geom && anon_3.geom) AND (ST_Covers(anon_3.geom, anon_2.geom) OR ST_Intersects(anon_2.geom, anon_3.geom) AND NOT ST_Touches(anon_2.geom, anon_3.geom))
WHERE anon_3.name = $2::VARCHAR) AND true
ORDER BY anon_1.id ASC
LIMIT $3::BIGINT + 1;

-- now: count
-- $1 = slot 12
SELECT count(*) AS count_1
FROM (SELECT parcels_1.id AS id
FROM parcels AS parcels_1
WHERE parcels_1.id >= $1::BIGINT) AS anon_1;

-- before
-- $1 = slot 2, $2 = slot 15
SELECT anon_1.id AS c0, anon_1.address AS c1, anon_1.version AS c2, CAST(anon_1.attributes AS TEXT) AS c3, anon_1.updated_at AS c4, ST_AsGeoJSON(anon_1.geom, 7, 0) AS c5
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1
WHERE anon_1.id = $2::BIGINT;

-- before > 0: page
-- $1 = slot 2, $2 = parents, $3 = slot 16
WITH parts AS MATERIALIZED
(SELECT anon_2.id AS id, anon_2.geom AS geom
FROM (SELECT every.id AS id, every.parcel_id AS parcel_id, every.address AS address, every.owner_name AS owner_name, every.mailing_address AS mailing_address, every.mailing_address_2 AS mailing_address_2, every.mailing_city AS mailing_city, every.mailing_state AS mailing_state, every.mailing_zip AS mailing_zip, every.land_use AS land_use, every.assessed_value AS assessed_value, every.year_built AS year_built, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT parcels.id AS id, parcels.parcel_id AS parcel_id, parcels.address AS address, parcels.owner_name AS owner_name, parcels.mailing_address AS mailing_address, parcels.mailing_address_2 AS mailing_address_2, parcels.mailing_city AS mailing_city, parcels.mailing_state AS mailing_state, parcels.mailing_zip AS mailing_zip, parcels.land_use AS land_use, parcels.assessed_value AS assessed_value, parcels.year_built AS year_built, parcels.geom AS geom, parcels.attributes AS attributes, parcels.version AS version, parcels.created_at AS created_at, parcels.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM parcels UNION ALL SELECT parcel_history.id AS id, parcel_history.parcel_id AS parcel_id, parcel_history.address AS address, parcel_history.owner_name AS owner_name, parcel_history.mailing_address AS mailing_address, parcel_history.mailing_address_2 AS mailing_address_2, parcel_history.mailing_city AS mailing_city, parcel_history.mailing_state AS mailing_state, parcel_history.mailing_zip AS mailing_zip, parcel_history.land_use AS land_use, parcel_history.assessed_value AS assessed_value, parcel_history.year_built AS year_built, parcel_history.geom AS geom, parcel_history.attributes AS attributes, parcel_history.version AS version, parcel_history.created_at AS created_at, parcel_history.updated_at AS updated_at, parcel_history.changed_at AS changed_at
FROM parcel_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_2
WHERE anon_2.id = ANY ($2::BIGINT[])),
wholes AS MATERIALIZED
(SELECT anon_3.id AS id, anon_3.geom AS geom
FROM (SELECT every.id AS id, every.code AS code, every.zone_code AS zone_code, every.name AS name, every.category AS category, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT zoning_districts.id AS id, zoning_districts.code AS code, zoning_districts.zone_code AS zone_code, zoning_districts.name AS name, zoning_districts.category AS category, zoning_districts.geom AS geom, zoning_districts.attributes AS attributes, zoning_districts.version AS version, zoning_districts.created_at AS created_at, zoning_districts.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM zoning_districts UNION ALL SELECT zoning_district_history.id AS id, zoning_district_history.code AS code, zoning_district_history.zone_code AS zone_code, zoning_district_history.name AS name, zoning_district_history.category AS category, zoning_district_history.geom AS geom, zoning_district_history.attributes AS attributes, zoning_district_history.version AS version, zoning_district_history.created_at AS created_at, zoning_district_history.updated_at AS updated_at, zoning_district_history.changed_at AS changed_at
FROM zoning_district_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_3
WHERE (anon_3.geom && (SELECT geometry(ST_Extent(parts.geom)) AS geometry_1
FROM parts)) AND true
LIMIT 65)
 SELECT page.c0, page.c1, page.c2, page.c3
FROM (SELECT pair.part_id AS parent_id, row_number() OVER (PARTITION BY pair.part_id
ORDER BY anon_1.id ASC) AS rank, anon_1.id AS c0, pair.part_id AS c1, anon_1.name AS c2, CAST(anon_1.attributes AS TEXT) AS c3
FROM (SELECT tested.part_id AS part_id, tested.whole_id AS whole_id, tested.part AS part, tested.whole AS whole, tested.inside AS inside, ST_Area(CAST(tested.part AS geography)) AS size
FROM (SELECT near.part_id AS part_id, near.whole_id AS whole_id, near.part AS part, near.whole AS whole, ST_Covers(near.whole, near.part) AS inside
FROM (SELECT parts.id AS part_id, wholes.id AS whole_id, parts.geom AS part, wholes.geom AS whole
FROM parts, wholes
WHERE (parts.geom && wholes.geom) AND (SELECT count(*) AS count_1
FROM wholes) <= 64 UNION ALL SELECT parts.id AS part_id, anon_3.id AS whole_id, parts.geom AS part, anon_3.geom AS whole
FROM (SELECT every.id AS id, every.code AS code, every.zone_code AS zone_code, every.name AS name, every.category AS category, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT zoning_districts.id AS id, zoning_districts.code AS code, zoning_districts.zone_code AS zone_code, zoning_districts.name AS name, zoning_districts.category AS category, zoning_districts.geom AS geom, zoning_districts.attributes AS attributes, zoning_districts.version AS version, zoning_districts.created_at AS created_at, zoning_districts.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM zoning_districts UNION ALL SELECT zoning_district_history.id AS id, zoning_district_history.code AS code, zoning_district_history.zone_code AS zone_code, zoning_district_history.name AS name, zoning_district_history.category AS category, zoning_district_history.geom AS geom, zoning_district_history.attributes AS attributes, zoning_district_history.version AS version, zoning_district_history.created_at AS created_at, zoning_district_history.updated_at AS updated_at, zoning_district_history.changed_at AS changed_at
FROM zoning_district_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_3, parts
WHERE (parts.geom && anon_3.geom) AND (SELECT count(*) AS count_1
FROM wholes) > 64 AND true
ORDER BY whole_id
LIMIT ALL OFFSET 0) AS near
LIMIT ALL OFFSET 0) AS tested
WHERE tested.inside OR ST_Intersects(tested.part, tested.whole) AND NOT ST_Touches(tested.part, tested.whole)) AS pair
JOIN (SELECT every.id AS id, every.code AS code, every.zone_code AS zone_code, every.name AS name, every.category AS category, every.geom AS geom, every.attributes AS attributes, every.version AS version, every.created_at AS created_at, every.updated_at AS updated_at
FROM (SELECT zoning_districts.id AS id, zoning_districts.code AS code, zoning_districts.zone_code AS zone_code, zoning_districts.name AS name, zoning_districts.category AS category, zoning_districts.geom AS geom, zoning_districts.attributes AS attributes, zoning_districts.version AS version, zoning_districts.created_at AS created_at, zoning_districts.updated_at AS updated_at, timestamptz 'infinity' AS changed_at
FROM zoning_districts UNION ALL SELECT zoning_district_history.id AS id, zoning_district_history.code AS code, zoning_district_history.zone_code AS zone_code, zoning_district_history.name AS name, zoning_district_history.category AS category, zoning_district_history.geom AS geom, zoning_district_history.attributes AS attributes, zoning_district_history.version AS version, zoning_district_history.created_at AS created_at, zoning_district_history.updated_at AS updated_at, zoning_district_history.changed_at AS changed_at
FROM zoning_district_history) AS every
WHERE every.updated_at <= $1::TIMESTAMP
WITH TIME ZONE AND every.changed_at > $1::TIMESTAMP
WITH TIME ZONE AND every.geom IS NOT NULL) AS anon_1 ON anon_1.id = pair.whole_id) AS page
WHERE page.rank <= $3::BIGINT + 1
ORDER BY page.parent_id, page.rank;

-- after
-- $1 = slot 17
SELECT parcels_1.id AS c0, parcels_1.address AS c1, parcels_1.version AS c2, CAST(parcels_1.attributes AS TEXT) AS c3, parcels_1.updated_at AS c4, ST_AsGeoJSON(parcels_1.geom, 7, 0) AS c5
FROM parcels AS parcels_1
WHERE parcels_1.id = $1::BIGINT;

-- after > 0: page
-- $1 = parents, $2 = slot 18
WITH parts AS MATERIALIZED
(SELECT parcels_1.id AS id, parcels_1.geom AS geom
FROM parcels AS parcels_1
WHERE parcels_1.id = ANY ($1::BIGINT[])),
wholes AS MATERIALIZED
(SELECT zoning_districts_2.id AS id, zoning_districts_2.geom AS geom
FROM zoning_districts AS zoning_districts_2
WHERE (zoning_districts_2.geom && (SELECT geometry(ST_Extent(parts.geom)) AS geometry_1
FROM parts)) AND true
LIMIT 65)
 SELECT page.c0, page.c1, page.c2, page.c3
FROM (SELECT pair.part_id AS parent_id, row_number() OVER (PARTITION BY pair.part_id
ORDER BY zoning_districts_1.id ASC) AS rank, zoning_districts_1.id AS c0, pair.part_id AS c1, zoning_districts_1.name AS c2, CAST(zoning_districts_1.attributes AS TEXT) AS c3
FROM (SELECT tested.part_id AS part_id, tested.whole_id AS whole_id, tested.part AS part, tested.whole AS whole, tested.inside AS inside, ST_Area(CAST(tested.part AS geography)) AS size
FROM (SELECT near.part_id AS part_id, near.whole_id AS whole_id, near.part AS part, near.whole AS whole, ST_Covers(near.whole, near.part) AS inside
FROM (SELECT parts.id AS part_id, wholes.id AS whole_id, parts.geom AS part, wholes.geom AS whole
FROM parts, wholes
WHERE (parts.geom && wholes.geom) AND (SELECT count(*) AS count_1
FROM wholes) <= 64 UNION ALL SELECT parts.id AS part_id, zoning_districts_2.id AS whole_id, parts.geom AS part, zoning_districts_2.geom AS whole
FROM zoning_districts AS zoning_districts_2, parts
WHERE (parts.geom && zoning_districts_2.geom) AND (SELECT count(*) AS count_1
FROM wholes) > 64 AND true
ORDER BY whole_id
LIMIT ALL OFFSET 0) AS near
LIMIT ALL OFFSET 0) AS tested
WHERE tested.inside OR ST_Intersects(tested.part, tested.whole) AND NOT ST_Touches(tested.part, tested.whole)) AS pair
JOIN zoning_districts AS zoning_districts_1 ON zoning_districts_1.id = pair.whole_id) AS page
WHERE page.rank <= $2::BIGINT + 1
ORDER BY page.parent_id, page.rank;
