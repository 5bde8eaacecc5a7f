-- as: superuser
-- servers: postgis
-- damage: CREATE TABLE later (i int); DELETE FROM geo.spatial_ref_sys WHERE srid = 990001;
-- probe: SELECT (SELECT auth_name FROM geo.spatial_ref_sys WHERE srid = 990001), round(geo.ST_X(wgs)) FROM a_place;
CREATE SCHEMA geo;
CREATE EXTENSION postgis SCHEMA geo;
SET search_path = public, geo;
INSERT INTO spatial_ref_sys VALUES
  (990001, 'it''s own \', 990001, '', '+proj=utm +zone=33 +ellps=GRS80 +units=m +no_defs'),
  (990002, 'own', 990002, '', '+proj=longlat +ellps=GRS80 +no_defs');
CREATE FUNCTION inside(geometry) RETURNS bool LANGUAGE plpgsql STABLE
  AS 'BEGIN RETURN ST_X(ST_Transform($1, 4326)) > 0; END';
CREATE DOMAIN spot AS geometry(Point, 990001) CHECK (inside(VALUE));
-- Loaded before spatial_ref_sys, by name.
CREATE TABLE a_place (
  spot geometry(Point, 990001) CHECK (ST_X(ST_Transform(spot, 4326)) > 0), other spot,
  wgs geometry(Point, 4326) GENERATED ALWAYS AS (ST_Transform(spot, 4326)) STORED
);
INSERT INTO a_place SELECT s, s FROM ST_SetSRID(ST_MakePoint(500000, 5500000), 990001) AS s;
CREATE INDEX ON a_place USING gist (ST_Transform(spot, 4326));
CREATE MATERIALIZED VIEW m AS SELECT ST_AsText(ST_Transform(spot, 4326)) AS t FROM a_place;
-- Its type looks the reference system up when the table is made.
CREATE TABLE a_walk (way geography(LineString, 990002));
INSERT INTO a_walk VALUES ('SRID=990002;LINESTRING(1 1, 2 2)');
CREATE TABLE a_part (spot geometry) PARTITION BY LIST (round(ST_X(ST_Transform(spot, 4326))));
CREATE TABLE a_part_15 PARTITION OF a_part FOR VALUES IN (15);
INSERT INTO a_part SELECT spot FROM a_place;
