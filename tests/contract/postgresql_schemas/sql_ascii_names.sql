-- as: superuser
-- servers: 13 17
-- createdb: ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0
-- damage: CREATE TABLE later (i int); COMMENT ON SCHEMA "café" IS 'x';
CREATE SCHEMA "café";
CREATE TABLE "café".t (i int);
