-- as: superuser
-- servers: 15 17
-- roles: a b missing
-- damage: CREATE TABLE later (i int);
-- before: DROP OWNED BY :missing; DROP ROLE :missing;
-- probe: SELECT count(*) FROM s.m;
CREATE SCHEMA s;
GRANT ALL ON SCHEMA s TO :a, :b;
SET ROLE :a;
CREATE TABLE s.t (i int);
INSERT INTO s.t VALUES (1);
GRANT SELECT ON s.t TO :b, :missing;
SET ROLE :b;
CREATE MATERIALIZED VIEW s.m AS SELECT * FROM s.t;
CREATE UNIQUE INDEX ON s.m (i);
CREATE MATERIALIZED VIEW s.mm AS SELECT * FROM s.m;
CREATE MATERIALIZED VIEW s.unfilled AS SELECT * FROM s.m WITH NO DATA;
