-- as: superuser
-- servers: 13 17 18
-- damage: CREATE TABLE later (i int);
-- probe: SELECT differs, n, k, r FROM v;
CREATE EXTENSION citext;
CREATE TABLE u (id int, email citext);
INSERT INTO u VALUES (1, 'A@x');
CREATE VIEW v AS
  SELECT email IS DISTINCT FROM 'a@x'::citext AS differs, NULLIF(email, 'a@x'::citext) AS n,
         CASE email WHEN 'a@x'::citext THEN 1 ELSE 2 END AS k, (email, id) = ('a@x'::citext, 1) AS r
    FROM u;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER changed AFTER UPDATE ON u FOR EACH ROW
  WHEN (OLD.email IS DISTINCT FROM NEW.email) EXECUTE FUNCTION f();
