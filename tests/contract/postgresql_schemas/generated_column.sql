-- as: owner
-- servers: 17 15
-- damage: DELETE FROM person; CREATE TABLE later (i int);
-- probe: SELECT slug FROM person;
CREATE FUNCTION fold(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower($1) $$;
CREATE FUNCTION slug(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN fold($1); END $$;
CREATE TABLE person (id int PRIMARY KEY, name text, slug text GENERATED ALWAYS AS (slug(name)) STORED);
INSERT INTO person VALUES (1, 'ZOE');
