-- parcel
-- $1 = slot 0
SELECT parcels_1.id AS c0, parcels_1.parcel_id AS c1
FROM parcels AS parcels_1
WHERE parcels_1.parcel_id = $1::VARCHAR;

-- parcel > 0: count
-- $1 = parents
SELECT parcels_1.id AS parent_id, anon_1.number
FROM parcels AS parcels_1
JOIN LATERAL (SELECT count(*) AS number
FROM LATERAL (SELECT parcels_2.id AS id
FROM parcels AS parcels_2
WHERE (CAST(parcels_1.geom AS geography) && _ST_Expand(CAST(parcels_2.geom AS geography), 0.01)) AND ST_Intersects(CASE WHEN ((parcels_1.geom && 'SRID=4326;LINESTRING(180 -90, 180 90)'::geometry) OR (parcels_1.geom && 'SRID=4326;LINESTRING(-180 -90, -180 90)'::geometry)) THEN ST_Union(ST_Union(parcels_1.geom, ST_Translate(parcels_1.geom, -360.0, 0.0)), ST_Translate(parcels_1.geom, 360.0, 0.0)) ELSE parcels_1.geom END, parcels_2.geom) AND parcels_1.id != parcels_2.id AND ST_Length(ST_Intersection(ST_Boundary(CASE WHEN ((parcels_1.geom && 'SRID=4326;LINESTRING(180 -90, 180 90)'::geometry) OR (parcels_1.geom && 'SRID=4326;LINESTRING(-180 -90, -180 90)'::geometry)) THEN ST_Union(ST_Union(parcels_1.geom, ST_Translate(parcels_1.geom, -360.0, 0.0)), ST_Translate(parcels_1.geom, 360.0, 0.0)) ELSE parcels_1.geom END), ST_Boundary(parcels_2.geom))) > 0) AS anon_2) AS anon_1 ON true
WHERE parcels_1.id = ANY ($1::BIGINT[]);
