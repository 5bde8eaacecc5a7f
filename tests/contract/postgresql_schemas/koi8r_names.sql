-- as: owner
-- servers: 13 17
-- createdb: ENCODING 'KOI8R' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0
-- damage: CREATE TABLE later (i int); DROP TABLE "склад"."товар";
CREATE SCHEMA "склад";
CREATE TABLE "склад"."товар" (i int, "имя" text DEFAULT 'нет');
INSERT INTO "склад"."товар" VALUES (1, 'гвоздь');
