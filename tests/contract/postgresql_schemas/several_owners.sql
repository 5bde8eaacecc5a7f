-- as: superuser
-- servers: 13 17
-- roles: a b
-- damage: DROP TABLE s.t CASCADE; CREATE TABLE later (i int);
-- probe: SELECT f FROM s.v;
CREATE EXTENSION ltree;
CREATE SCHEMA s;
GRANT ALL ON SCHEMA s TO :a, :b;
SET ROLE :a;
CREATE TABLE s.t (i int, path ltree);
INSERT INTO s.t VALUES (1, 'a.b');
GRANT SELECT ON s.t TO :b;
SET ROLE :b;
CREATE FUNCTION s.f(ltree) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT $1 IS DISTINCT FROM 'a.c'::ltree $$;
CREATE VIEW s.v AS SELECT s.f(path) AS f, path IS DISTINCT FROM 'a.b'::ltree AS d FROM s.t;
