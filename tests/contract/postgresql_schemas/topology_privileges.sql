-- as: superuser
-- servers: postgis
-- damage: CREATE TABLE later (i int); REVOKE USAGE ON SCHEMA topology FROM PUBLIC; GRANT CREATE ON SCHEMA topology TO PUBLIC;
-- probe: SELECT nspacl::text FROM pg_namespace WHERE nspname = 'topology';
CREATE EXTENSION postgis;
CREATE EXTENSION postgis_topology;
CREATE TABLE t (i int);
