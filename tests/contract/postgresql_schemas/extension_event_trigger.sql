-- as: superuser
-- servers: 17
-- extension: watching_ddl
-- damage: DELETE FROM t;
CREATE EXTENSION watching_ddl;
CREATE TABLE t (i int);
INSERT INTO t VALUES (1);
