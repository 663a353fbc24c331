-- parcels: page
-- $1 = slot 0, $2 = slot 1, $3 = slot 2, $4 = slot 3, $5 = slot 4
SELECT parcels_1.id AS c0, parcels_1.year_built AS c1, CAST(parcels_1.assessed_value AS TEXT) AS c2, ST_Area(CAST(parcels_1.geom AS geography)) AS c3
FROM parcels AS parcels_1
WHERE parcels_1.assessed_value >= $1::NUMERIC AND parcels_1.year_built >= $2::INTEGER AND parcels_1.year_built <= $3::INTEGER AND ST_Area(CAST(parcels_1.geom AS geography)) < $4::FLOAT AND true
ORDER BY parcels_1.id ASC
LIMIT $5::BIGINT + 1;

-- parcels: count
-- $1 = slot 0, $2 = slot 1, $3 = slot 2, $4 = slot 3
SELECT count(*) AS count_1
FROM (SELECT parcels_1.id AS id
FROM parcels AS parcels_1
WHERE parcels_1.assessed_value >= $1::NUMERIC AND parcels_1.year_built >= $2::INTEGER AND parcels_1.year_built <= $3::INTEGER AND ST_Area(CAST(parcels_1.geom AS geography)) < $4::FLOAT) AS anon_1;
