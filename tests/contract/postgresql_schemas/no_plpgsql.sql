-- as: superuser
-- servers: 13 17
-- damage: DELETE FROM t;
DROP EXTENSION plpgsql;
CREATE TABLE t (i int);
INSERT INTO t VALUES (1);
