-- zoningDistricts: page
-- $1 = slot 1
SELECT zoning_districts_1.id AS c0, zoning_districts_1.code AS c1
FROM zoning_districts AS zoning_districts_1
WHERE true
ORDER BY zoning_districts_1.id ASC
LIMIT $1::BIGINT + 1;
