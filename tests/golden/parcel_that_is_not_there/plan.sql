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
WHERE ST_Intersects(parcels_1.geom, parcels_2.geom) AND parcels_1.id != parcels_2.id AND ST_Dimension(ST_Intersection(ST_Boundary(parcels_1.geom), ST_Boundary(parcels_2.geom))) = 1) AS anon_2) AS anon_1 ON true
WHERE parcels_1.id = ANY ($1::BIGINT[]);
