-- as: owner
-- servers: 13 17 18
-- damage: DROP SCHEMA app CASCADE; CREATE TABLE later (i int);
-- probe: SELECT same, n IS NULL, k FROM app.v;
CREATE SCHEMA app;
CREATE TYPE app.amount AS (cents int, currency text);
CREATE FUNCTION app.same(app.amount, app.amount) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.cents = $2.cents';
CREATE OPERATOR app.= (LEFTARG = app.amount, RIGHTARG = app.amount, FUNCTION = app.same, COMMUTATOR = OPERATOR(app.=));
CREATE COLLATION app.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE app.t (id int PRIMARY KEY, price app.amount, name text COLLATE app.ci UNIQUE);
INSERT INTO app.t VALUES (1, '(100,EUR)', 'A');
SET search_path = app;
CREATE VIEW v AS SELECT price IS NOT DISTINCT FROM '(100,USD)'::amount AS same, NULLIF(price, '(100,GBP)'::amount) AS n,
  CASE price WHEN '(100,CHF)'::amount THEN 1 END AS k FROM t;
