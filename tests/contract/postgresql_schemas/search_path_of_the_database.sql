-- as: owner
-- servers: 15
-- superuser: DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = shop, ext', current_database()); END $$;
-- damage: DROP TABLE price CASCADE; CREATE TABLE later (i int);
-- probe: SELECT total, twice FROM shop.sums;
CREATE SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
CREATE SCHEMA shop;
CREATE TABLE price (id int PRIMARY KEY, n numeric, what citext);
INSERT INTO price VALUES (1, 10, 'Tea');
CREATE FUNCTION total() RETURNS numeric LANGUAGE plpgsql STABLE
  AS 'BEGIN RETURN (SELECT sum(n) FROM price WHERE what = ''TEA''::citext); END';
CREATE MATERIALIZED VIEW sums AS SELECT total() AS total, NULLIF('Tea'::citext, 'TEA'::citext) AS twice;
