"""The PostgreSQL side of the contract: a database that holds everything, later changes, and how to compare."""

from __future__ import annotations

import re
from pathlib import Path

NASTY = Path(__file__).with_name("postgresql_nasty.sql")
"""A psql script: run it as the ordinary owner of a new UTF-8 database; the role ``reader`` must exist."""

LATER_CHANGES = r"""
-- What others do to the database after the backup; run as its owner.
CREATE TABLE later (id serial PRIMARY KEY, author_id int REFERENCES author);
INSERT INTO later (author_id) VALUES (1);
CREATE SCHEMA later_schema;
CREATE TABLE later_schema.t (id int GENERATED ALWAYS AS IDENTITY, m mood);
CREATE VIEW later_view AS SELECT author.id FROM author JOIN later ON later.author_id = author.id;
CREATE MATERIALIZED VIEW later_matview AS SELECT * FROM later_view;
CREATE TYPE later_type AS ENUM ('x');
CREATE TYPE later_composite AS (a later_type);
CREATE DOMAIN later_domain AS text;
CREATE SEQUENCE later_sequence;
CREATE FUNCTION later_function(later_type) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE later_procedure() LANGUAGE plpgsql AS 'BEGIN END';
CREATE AGGREGATE later_aggregate(int) (sfunc = int4pl, stype = int);
CREATE OPERATOR <-+> (leftarg = int, rightarg = int, function = int4pl);
CREATE COLLATION later_collation (provider = icu, locale = 'fr');
CREATE TEXT SEARCH CONFIGURATION later_search (COPY = simple);
CREATE STATISTICS later_statistics ON id, author_id FROM later;
CREATE EXTENSION fuzzystrmatch;
CREATE PUBLICATION later_publication FOR TABLE later;
SELECT lo_from_bytea(700009, 'later');
SELECT lo_unlink(700001);
ALTER TABLE author ADD COLUMN later int DEFAULT 7;
ALTER TABLE book DROP COLUMN author_id CASCADE;
ALTER TABLE everything RENAME TO everything_else;
ALTER TYPE mood ADD VALUE 'later';
ALTER TABLE "weird schema"."ta ble" RENAME COLUMN "sel ect" TO renamed;
CREATE INDEX later_index ON author (name);
CREATE TRIGGER later_trigger BEFORE INSERT ON author FOR EACH ROW EXECUTE FUNCTION touch();
GRANT ALL ON author TO PUBLIC;
GRANT ALL ON SCHEMA public TO reader, PUBLIC;
REVOKE USAGE ON SCHEMA extensions FROM reader;
GRANT CREATE ON SCHEMA extensions TO PUBLIC;
COMMENT ON SCHEMA extensions IS 'later';
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO reader;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
SELECT pg_has_role(nspowner, 'USAGE') AS public_is_ours FROM pg_namespace WHERE nspname = 'public' \gset
\if :public_is_ours
COMMENT ON SCHEMA public IS 'later';
\endif
COMMENT ON TABLE author IS 'later';
UPDATE author SET name = 'later';
DELETE FROM event;
TRUNCATE big;
DROP TABLE typed;
DROP FUNCTION add(int, int, int[]);
DROP SCHEMA "Sch""ema; Type: X'" CASCADE;
SELECT setval('far', 1);
"""

# Tokens are random, times are those of the dump.
_NOISE = re.compile(rb"^(?:\\(?:un)?restrict .*|-- Started on .*|-- Completed on .*)\n", re.MULTILINE)


def make_later_changes() -> str:
    """Returns SQL that changes the nasty database in every way that a restore has to undo."""
    return LATER_CHANGES


def normalised(dump: bytes) -> bytes:
    """Returns a plain pg_dump without what differs between two dumps of the same database.

    Compare dumps that one version of pg_dump made with ``PGTZ=UTC``, as a superuser.
    """
    return _NOISE.sub(b"", dump)
