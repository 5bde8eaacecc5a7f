"""The scratch database of a drill: commands that claim and drop it, and that drop those of dead drills.

A drill holds an advisory lock for the name of its scratch database, in the database that it connects to first. The
server releases it when the drill dies.
"""

from __future__ import annotations

from django_rclone.command import Attached, Command
from django_rclone.db.postgresql.archive import Archive
from django_rclone.db.postgresql.psql import Psql
from django_rclone.db.postgresql.quoting import quote_name
from django_rclone.db.scratch_names import pattern, stem

LONGEST_NAME = 63
"""Bytes, NAMEDATALEN - 1."""
_LOCK = "25714, pg_catalog.hashtext"  # "dr" in ASCII
_CLAIM = f"""
SET application_name = 'django-rclone drill';
SELECT 'claimed' FROM (SELECT pg_catalog.pg_advisory_lock({_LOCK}(:'name'))) AS claim;
"""  # noqa: S608 - psql quotes the name
# The names are random and not used again, so a database whose lock is free has no drill any more.
_SWEEP = rf"""
SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', datname) FROM pg_catalog.pg_database
 WHERE starts_with(datname, :'stem') AND substr(datname, length(:'stem') + 1) ~ :'pattern'
   AND pg_catalog.pg_has_role(datdba, 'USAGE') AND pg_catalog.pg_try_advisory_lock({_LOCK}(datname)) \gexec
"""  # noqa: S608 - psql quotes the values


def claim(psql: Psql, name: str) -> Command:
    """Returns the command that holds the lock of a scratch database until its stdin ends."""
    script = Attached(_CLAIM.encode(), "claim the scratch database")
    return psql.in_isolated_session(psql.connection, "-v", f"name={name}", "-f", script, "-f", "-")


def sweep(psql: Psql, database: str, owner: str) -> Command:
    """Returns the command that drops what dead drills of a database have left."""
    variables = ("-v", f"stem={stem(database, LONGEST_NAME)}", "-v", f"pattern={pattern(owner)}")
    return psql.in_isolated_session(psql.connection, *variables, "-f", Attached(_SWEEP.encode(), "drop leftovers"))


def drop(psql: Psql, name: str) -> Command:
    """Returns the command that drops a scratch database, if it exists."""
    statement = f"DROP DATABASE IF EXISTS {quote_name(name)} WITH (FORCE)"
    return psql.in_isolated_session(psql.connection, "-c", statement)


def listing(archive: Archive, left_out: frozenset[int]) -> Attached:
    """Returns the list, as ``pg_restore -L`` reads it, of all entries of an archive that a restore does not leave
    out."""
    ids = (entry.id for entry in archive.entries if entry.id not in left_out)
    return Attached("".join(f"{number};\n" for number in ids).encode(), "list")
