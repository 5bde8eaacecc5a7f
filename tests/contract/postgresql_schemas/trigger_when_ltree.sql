-- as: superuser
-- servers: 13 17 18
-- damage: DELETE FROM region; CREATE TABLE later (i int);
-- probe: UPDATE region SET path = 'a.c' RETURNING id;
CREATE EXTENSION ltree;
CREATE TABLE region (id int PRIMARY KEY, path ltree);
INSERT INTO region VALUES (1, 'a.b');
CREATE FUNCTION moved() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER moved AFTER UPDATE ON region FOR EACH ROW
  WHEN (OLD.path IS DISTINCT FROM NEW.path) EXECUTE FUNCTION moved();
