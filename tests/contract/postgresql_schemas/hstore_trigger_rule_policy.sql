-- as: owner
-- servers: 15 17
-- damage: DROP TABLE event CASCADE; CREATE TABLE later (i int);
-- probe: SELECT kind, none FROM seen;
CREATE SCHEMA tools;
CREATE EXTENSION hstore SCHEMA tools;
CREATE EXTENSION citext;
CREATE TABLE event (id int PRIMARY KEY, data tools.hstore, kind citext);
INSERT INTO event VALUES (1, 'a=>1', 'New'), (2, 'b=>2', 'old');
SET search_path = public, tools;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER note AFTER UPDATE ON event FOR EACH ROW
  WHEN (OLD.data IS DISTINCT FROM NEW.data OR OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION note();
CREATE VIEW seen AS SELECT CASE kind WHEN 'new' THEN 1 WHEN 'OLD' THEN 2 END AS kind,
  NULLIF(data, 'a=>1'::hstore) AS none, kind IN ('NEW', 'x') AS listed FROM event WHERE kind IS DISTINCT FROM 'OLD'::citext;
CREATE RULE keep AS ON DELETE TO event WHERE OLD.kind IS NOT DISTINCT FROM 'NEW'::citext DO INSTEAD NOTHING;
ALTER TABLE event ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON event USING (kind IS DISTINCT FROM 'gone'::citext);
CREATE MATERIALIZED VIEW counted AS SELECT kind, count(*) FROM event GROUP BY kind;
CREATE UNIQUE INDEX ON counted (kind);
