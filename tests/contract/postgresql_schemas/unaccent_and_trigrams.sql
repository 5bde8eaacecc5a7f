-- as: owner
-- servers: 13 15
-- superuser: CREATE EXTENSION unaccent; CREATE EXTENSION pg_trgm;
-- damage: DROP TABLE person; CREATE TABLE later (i int);
-- probe: SELECT id, plain FROM person WHERE f_unaccent(name) LIKE 'zoe%';
CREATE FUNCTION f_unaccent(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(unaccent('unaccent', $1)) $$;
CREATE TABLE person (id int PRIMARY KEY, name text, plain text GENERATED ALWAYS AS (f_unaccent(name)) STORED);
CREATE INDEX ON person USING gin (f_unaccent(name) gin_trgm_ops);
INSERT INTO person VALUES (1, 'Zoë'), (2, 'Ann');
