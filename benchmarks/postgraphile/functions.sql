-- What a user of PostGraphile writes to serve these layers: computed columns and functions that return rows. All are
-- SQL and STABLE, so that PostgreSQL inlines them. They are in a schema of their own, which PostGraphile is given.
DROP SCHEMA IF EXISTS peer CASCADE;
CREATE SCHEMA peer;

CREATE FUNCTION peer.parcels_geometry(p public.parcels) RETURNS json
LANGUAGE sql STABLE COST 500 AS $$ SELECT ST_AsGeoJSON(p.geom, 7, 0)::json $$;

CREATE FUNCTION peer.parcels_in_box(west float8, south float8, east float8, north float8) RETURNS SETOF public.parcels
LANGUAGE sql STABLE AS $$
  SELECT * FROM public.parcels WHERE geom && ST_MakeEnvelope(west, south, east, north, 4326) ORDER BY id
$$;

CREATE FUNCTION peer.districts_in_box(west float8, south float8, east float8, north float8)
RETURNS SETOF public.zoning_districts
LANGUAGE sql STABLE AS $$
  SELECT * FROM public.zoning_districts WHERE geom && ST_MakeEnvelope(west, south, east, north, 4326) ORDER BY id
$$;

CREATE FUNCTION peer.parcels_zoning_districts(p public.parcels) RETURNS SETOF public.zoning_districts
LANGUAGE sql STABLE AS $$
  SELECT z.* FROM public.zoning_districts z
  WHERE z.geom && p.geom
    AND (ST_Covers(z.geom, p.geom) OR (ST_Intersects(z.geom, p.geom) AND NOT ST_Touches(z.geom, p.geom)))
  ORDER BY z.id
$$;

CREATE FUNCTION peer.zoning_districts_parcels(z public.zoning_districts) RETURNS SETOF public.parcels
LANGUAGE sql STABLE AS $$
  SELECT p.* FROM public.parcels p
  WHERE z.geom && p.geom
    AND (ST_Covers(z.geom, p.geom) OR (ST_Intersects(z.geom, p.geom) AND NOT ST_Touches(z.geom, p.geom)))
  ORDER BY p.id
$$;

CREATE FUNCTION peer.parcels_neighbors(p public.parcels) RETURNS SETOF public.parcels
LANGUAGE sql STABLE AS $$
  SELECT n.* FROM public.parcels n
  WHERE ST_Intersects(n.geom, p.geom) AND n.id <> p.id
    AND ST_Dimension(ST_Intersection(ST_Boundary(n.geom), ST_Boundary(p.geom))) = 1
  ORDER BY n.id
$$;

-- The edge between a parcel and a district, with the area they share.
CREATE TYPE peer.overlap AS (zone_code text, overlap_area_sqm float8, coverage float8);

CREATE FUNCTION peer.parcels_overlaps(p public.parcels) RETURNS SETOF peer.overlap
LANGUAGE sql STABLE AS $$
  SELECT found.zone_code, found.shared, least(found.shared / nullif(found.area, 0), 1)
  FROM (
    SELECT z.id, z.zone_code, ST_Area(p.geom::geography) AS area,
           CASE WHEN ST_Covers(z.geom, p.geom) THEN ST_Area(p.geom::geography)
                ELSE ST_Area(ST_Intersection(p.geom, z.geom)::geography) END AS shared
    FROM public.zoning_districts z
    WHERE z.geom && p.geom
      AND (ST_Covers(z.geom, p.geom) OR (ST_Intersects(z.geom, p.geom) AND NOT ST_Touches(z.geom, p.geom)))
  ) found
  ORDER BY found.id
$$;

-- The index orders by the sphere, so a few rows more are put in the order of the ellipsoid.
CREATE FUNCTION peer.parcels_near(longitude float8, latitude float8) RETURNS SETOF public.parcels
LANGUAGE sql STABLE AS $$
  SELECT (near.parcel).*
  FROM (
    SELECT parcels AS parcel, ST_Distance(geom::geography, ST_Point(longitude, latitude, 4326)::geography) AS metres
    FROM public.parcels
    ORDER BY geom::geography <-> ST_Point(longitude, latitude, 4326)::geography
    LIMIT 60
  ) near
  ORDER BY near.metres
$$;

CREATE FUNCTION peer.parcels_distance(p public.parcels, longitude float8, latitude float8) RETURNS float8
LANGUAGE sql STABLE AS $$
  SELECT ST_Distance(p.geom::geography, ST_Point(longitude, latitude, 4326)::geography)
$$;
