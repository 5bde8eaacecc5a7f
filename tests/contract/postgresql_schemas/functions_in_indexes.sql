-- as: owner
-- servers: 17 18
-- damage: DROP TABLE person CASCADE; CREATE TABLE later (i int);
-- probe: SELECT (SELECT count(*) FROM pg_proc WHERE proconfig IS NOT NULL AND proname IN ('Fold', 'helper', 'inlined')), (SELECT count(*) FROM person WHERE "Fold"(name) = 'a');
CREATE FUNCTION helper(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
CREATE FUNCTION "Fold"("the name" text DEFAULT 'x') RETURNS text LANGUAGE plpgsql IMMUTABLE
  AS 'BEGIN RETURN helper($1); END';
-- Replaced below, as an upgrade from an older server leaves it.
CREATE FUNCTION inlined(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT public.helper($1)';
CREATE TABLE person (name text, EXCLUDE ("Fold"(name || 'x') WITH =));
-- Also made while the table is empty, as a migration does it.
CREATE INDEX folded ON person ("Fold"(name));
CREATE UNIQUE INDEX inlined ON person (inlined(name)) WHERE "Fold"(name) <> '';
ALTER TABLE person CLUSTER ON folded;
COMMENT ON INDEX folded IS 'with a comment; and a semicolon';
CREATE TABLE part (name text) PARTITION BY LIST (name);
CREATE TABLE part_a PARTITION OF part FOR VALUES IN ('A');
CREATE INDEX part_folded ON part ("Fold"(name));
CREATE VIEW seen AS SELECT "Fold"(name) AS name FROM person;
CREATE MATERIALIZED VIEW kept AS SELECT * FROM seen;
CREATE UNIQUE INDEX ON kept ("Fold"(name));
CREATE MATERIALIZED VIEW kept_again AS SELECT * FROM kept;
INSERT INTO person VALUES ('A'), ('B');
INSERT INTO part VALUES ('A');
CREATE OR REPLACE FUNCTION inlined(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT helper($1)';
