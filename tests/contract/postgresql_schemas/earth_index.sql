-- as: superuser
-- servers: 13 15
-- superuser: CREATE EXTENSION cube; CREATE EXTENSION earthdistance;
-- damage: DROP TABLE shop; CREATE TABLE later (i int);
-- probe: SELECT id FROM shop WHERE earth_box(ll_to_earth(52, 13), 10000) @> ll_to_earth(lat, lng);
CREATE TABLE shop (id int PRIMARY KEY, lat float8, lng float8, place earth GENERATED ALWAYS AS (ll_to_earth(lat, lng)) STORED);
CREATE INDEX ON shop USING gist (ll_to_earth(lat, lng));
INSERT INTO shop VALUES (1, 52, 13), (2, 40, 10);
