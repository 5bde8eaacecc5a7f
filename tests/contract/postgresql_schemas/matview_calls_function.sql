-- as: owner
-- servers: 13 15
-- damage: DELETE FROM price; CREATE TABLE later (i int);
-- probe: SELECT total FROM sums;
CREATE TABLE price (id int PRIMARY KEY, n numeric);
INSERT INTO price VALUES (1, 10);
CREATE FUNCTION total() RETURNS numeric LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT sum(n) FROM price); END';
CREATE MATERIALIZED VIEW sums AS SELECT total() AS total;
