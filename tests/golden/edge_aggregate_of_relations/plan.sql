-- parcels: page
-- $1 = slot 0
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1
FROM parcels AS parcels_1
WHERE true
ORDER BY parcels_1.id ASC
LIMIT $1::BIGINT + 1;

-- parcels > 0: aggregate
-- $1 = parents, $2 = slot 3
SELECT found.m0, found.m1, found.m2, found.m3, parents.id AS parent_id
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (WITH edges AS MATERIALIZED
(SELECT ST_Length(CAST(ST_Intersection(ST_Boundary(CASE WHEN ((parcels_1.geom && 'SRID=4326;LINESTRING(180 -90, 180 90)'::geometry) OR (parcels_1.geom && 'SRID=4326;LINESTRING(-180 -90, -180 90)'::geometry)) THEN ST_Union(ST_Union(parcels_1.geom, ST_Translate(parcels_1.geom, -360.0, 0.0)), ST_Translate(parcels_1.geom, 360.0, 0.0)) ELSE parcels_1.geom END), ST_Boundary(parcels_2.geom)) AS geography)) AS shared_border_m
FROM parcels AS parcels_1
JOIN parcels AS parcels_2 ON (CAST(parcels_1.geom AS geography) && _ST_Expand(CAST(parcels_2.geom AS geography), 0.01)) AND ST_Intersects(CASE WHEN ((parcels_1.geom && 'SRID=4326;LINESTRING(180 -90, 180 90)'::geometry) OR (parcels_1.geom && 'SRID=4326;LINESTRING(-180 -90, -180 90)'::geometry)) THEN ST_Union(ST_Union(parcels_1.geom, ST_Translate(parcels_1.geom, -360.0, 0.0)), ST_Translate(parcels_1.geom, 360.0, 0.0)) ELSE parcels_1.geom END, parcels_2.geom) AND parcels_1.id != parcels_2.id AND ST_Length(ST_Intersection(ST_Boundary(CASE WHEN ((parcels_1.geom && 'SRID=4326;LINESTRING(180 -90, 180 90)'::geometry) OR (parcels_1.geom && 'SRID=4326;LINESTRING(-180 -90, -180 90)'::geometry)) THEN ST_Union(ST_Union(parcels_1.geom, ST_Translate(parcels_1.geom, -360.0, 0.0)), ST_Translate(parcels_1.geom, 360.0, 0.0)) ELSE parcels_1.geom END), ST_Boundary(parcels_2.geom))) > 0
WHERE parcels_1.id = parents.id AND parcels_2.year_built IS NOT NULL)
 SELECT count(*) AS m0, CAST(sum(CAST(edges.shared_border_m AS NUMERIC)) AS FLOAT) AS m1, max(edges.shared_border_m) AS m2, percentile_cont($2::FLOAT) WITHIN GROUP (ORDER BY CAST(edges.shared_border_m AS FLOAT)) AS m3
FROM edges) AS found ON true;

-- parcels > 1: aggregate
-- $1 = parents, $2 = slot 5
SELECT found.m0, found.m1, found.m2, parents.id AS parent_id
FROM unnest($1::BIGINT[]) AS parents(id)
JOIN LATERAL (WITH edges AS MATERIALIZED
(SELECT least(CASE WHEN ST_Covers(zoning_districts_1.geom, parcels_1.geom) THEN ST_Area(CAST(parcels_1.geom AS geography)) ELSE ST_Area(CAST(ST_Intersection(parcels_1.geom, zoning_districts_1.geom) AS geography)) END / CAST(nullif(ST_Area(CAST(parcels_1.geom AS geography)), 0.0) AS FLOAT), 1.0) AS coverage, CASE WHEN ST_Covers(zoning_districts_1.geom, parcels_1.geom) THEN ST_Area(CAST(parcels_1.geom AS geography)) ELSE ST_Area(CAST(ST_Intersection(parcels_1.geom, zoning_districts_1.geom) AS geography)) END AS overlap_area_sqm
FROM parcels AS parcels_1
JOIN zoning_districts AS zoning_districts_1 ON (parcels_1.geom && zoning_districts_1.geom) AND (ST_Covers(zoning_districts_1.geom, parcels_1.geom) OR ST_Intersects(parcels_1.geom, zoning_districts_1.geom) AND NOT ST_Touches(parcels_1.geom, zoning_districts_1.geom))
WHERE parcels_1.id = parents.id AND least(CASE WHEN ST_Covers(zoning_districts_1.geom, parcels_1.geom) THEN ST_Area(CAST(parcels_1.geom AS geography)) ELSE ST_Area(CAST(ST_Intersection(parcels_1.geom, zoning_districts_1.geom) AS geography)) END / CAST(nullif(ST_Area(CAST(parcels_1.geom AS geography)), 0.0) AS FLOAT), 1.0) >= $2::FLOAT)
 SELECT CAST(sum(CAST(edges.coverage AS NUMERIC)) AS FLOAT) AS m0, CAST(sum(CAST(edges.overlap_area_sqm AS NUMERIC)) AS FLOAT) AS m1, min(edges.coverage) AS m2
FROM edges) AS found ON true;
