-- as: owner
-- servers: 17 18
-- damage: DROP TABLE a CASCADE; CREATE TABLE later (i int);
-- probe: SELECT id, n FROM b;
CREATE EXTENSION pgcrypto;
CREATE EXTENSION citext;
CREATE TABLE a (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name citext, secret bytea);
CREATE FUNCTION known(citext) RETURNS bool LANGUAGE sql STABLE
  BEGIN ATOMIC SELECT EXISTS (SELECT FROM a WHERE name IS NOT DISTINCT FROM $1); END;
INSERT INTO a VALUES ('00000000-0000-0000-0000-000000000001', 'X', digest('x', 'sha256'));
CREATE TABLE b (id int PRIMARY KEY, n citext CHECK (known(n)), UNIQUE (n) INCLUDE (id));
INSERT INTO b VALUES (1, 'x');
CREATE STATISTICS st ON (n || 'x'::citext), id FROM b;
CREATE VIEW joined AS SELECT * FROM a JOIN (SELECT n AS name, id AS number FROM b) AS x USING (name);
