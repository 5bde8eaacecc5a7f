-- as: owner
-- servers: 15 17
-- damage: DROP TABLE booking CASCADE; CREATE TABLE later (i int);
-- probe: SELECT tableoid::regclass::text, code FROM stock ORDER BY 2;
CREATE EXTENSION btree_gist;
CREATE FUNCTION cleaned(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(trim($1))';
CREATE FUNCTION is_code(text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN cleaned($1) ~ ''^[a-z]+$''; END';
CREATE DOMAIN code AS text CHECK (is_code(VALUE));
CREATE FUNCTION shelf(text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN length(cleaned($1)) % 2; END';
CREATE TABLE stock (code code) PARTITION BY LIST (shelf(code));
CREATE TABLE stock_even PARTITION OF stock FOR VALUES IN (0);
CREATE TABLE stock_odd PARTITION OF stock FOR VALUES IN (1);
INSERT INTO stock VALUES ('Ab '), ('abc');
CREATE TABLE booking (room int, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&),
  CHECK (is_code(room::text || 'x') IS NOT NULL));
INSERT INTO booking VALUES (1, '[2026-01-01,2026-01-02)');
