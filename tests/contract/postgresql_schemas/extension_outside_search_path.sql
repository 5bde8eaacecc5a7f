-- as: superuser
-- servers: 17
-- damage: CREATE TABLE later (i int);
-- probe: SELECT differs FROM v;
CREATE SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
CREATE TABLE u (id int, email ext.citext);
INSERT INTO u VALUES (1, 'A@x');
SET search_path = public, ext;
CREATE VIEW v AS SELECT email IS DISTINCT FROM 'a@x'::ext.citext AS differs FROM u;
