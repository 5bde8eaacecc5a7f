"""The session settings under which a dump's SQL keeps its meaning. Pure.

pg_dump runs with an empty search path and qualifies the names that it prints. Two kinds of names it cannot qualify:
those in functions' bodies, which generated columns, checks, indexes and materialized views run while they are restored;
and operators in IS DISTINCT FROM, NULLIF, CASE x WHEN and comparisons of rows. So the restore uses the application's
search path. A restore by a superuser leaves out schemas that hold objects of other roles: such a role could add a
function that the superuser then runs (CVE-2018-1058).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django_rclone.db.postgresql.archive import Archive
from django_rclone.db.postgresql.facts import LiveDatabase
from django_rclone.db.postgresql.quoting import quote_name, quote_value
from django_rclone.display import enumerate_some
from django_rclone.exceptions import ConfigurationError

_SEARCH_PATH, _TRUSTED_SEARCH_PATH = "search_path", "trusted_search_path"
_EMPTY = re.compile(rb"^(SELECT pg_catalog\.set_config\('search_path', )''(, false\);)$", re.MULTILINE)
_TRANSACTION_TIMEOUT = re.compile(rb"^SET transaction_timeout = 0;\n", re.MULTILINE)
_HEADER = 4096
# The output of ``_path``. A manifest may have been tampered with, and psql would run what follows a name.
_PATH = re.compile(r'(?:"(?:[^"]|"")+", )*pg_temp')
# Settings that change how values are read or what functions return.
_RECORDED_SETTINGS = (
    "TimeZone",
    "DateStyle",
    "IntervalStyle",
    "lc_monetary",
    "xmlbinary",
    "default_text_search_config",
)
# Those of them that change how pg_dump prints values. It sets the others itself.
_PRINTING = ("TimeZone", "lc_monetary")


def printing(session: Mapping[str, str]) -> dict[str, str]:
    """Returns the recorded settings under which pg_dump has printed the values of a backup."""
    return {name: session[name] for name in _PRINTING if name in session}


def recorded_settings(live: LiveDatabase) -> dict[str, str]:
    """Returns the settings of the application's sessions that a backup records."""
    found = {name: live.session[name] for name in _RECORDED_SETTINGS if _is_to_record(live, name)}
    found[_SEARCH_PATH] = _path(schema.schema for schema in live.search_path)
    if any(schema.of_others for schema in live.search_path):
        found[_TRUSTED_SEARCH_PATH] = _path(schema.schema for schema in live.search_path if not schema.of_others)
    return found


def _is_to_record(live: LiveDatabase, name: str) -> bool:
    # A user-defined configuration does not exist yet when the session begins.
    return name in live.session and (
        name != "default_text_search_config" or live.session[name].startswith("pg_catalog.")
    )


def dump_notes(live: LiveDatabase) -> Iterable[str]:
    """Yields notes on schemas that a restore by a superuser leaves out of its search path."""
    for schema in live.search_path:
        if live.superuser and schema.of_others and schema.used:
            yield (
                f"{enumerate_some(schema.of_others)} may have put functions or operators into schema "
                f'"{schema.schema}", so a restore by a superuser does not use it. Objects that use its operators in '
                "IS DISTINCT FROM, NULLIF or CASE may fail to restore: restore as the database's owner, or make that "
                "owner the owner of everything in that schema."
            )


def search_path(session: Mapping[str, str], live: LiveDatabase, archive: Archive | None) -> str:
    """Returns the search path of the restore: the recorded one, or the one that this role's sessions have here.

    Raises ConfigurationError if the recorded one is not a list of schemas.
    """
    trusted_only = live.superuser
    if _SEARCH_PATH in session:
        recorded = session.get(_TRUSTED_SEARCH_PATH) if trusted_only else None
        path = session[_SEARCH_PATH] if recorded is None else recorded
        if not _PATH.fullmatch(path):
            raise ConfigurationError(
                "The manifest's session has a search path that is not a list of schemas. Choose another backup."
            )
        return path
    names = [schema.schema for schema in live.search_path] or ["public"]
    if trusted_only and archive is not None:
        names = [name for name in names if not archive.owners_in(name) - _trusted(live, archive)]
    return _path(names)


def _trusted(live: LiveDatabase, archive: Archive) -> set[str]:
    # The owner of most objects is the application's role.
    owner = str(live.database.get("owner", ""))
    return {live.role, owner, "pg_database_owner", archive.main_owner, *live.superusers}


def _path(names: Iterable[str]) -> str:
    # Unless it is listed, pg_temp is searched first.
    return ", ".join([*(quote_name(name) for name in names), "pg_temp"])


def statements(session: Mapping[str, str], live: LiveDatabase) -> str:
    """Returns SQL that sets the recorded settings, or those of the live database's sessions."""
    session = session or recorded_settings(live)
    return "".join(
        f"SELECT set_config({quote_value(name)}, {quote_value(session[name])}, false);\n"
        for name in _RECORDED_SETTINGS
        if name in session
    )


def header(head: bytes, path: bytes, *, keep_transaction_timeout: bool) -> bytes:
    """Returns the beginning of pg_restore's script with this search path, and without the one setting that servers
    before 17 do not know. Only the header is changed, never data."""
    first, rest = head[:_HEADER], head[_HEADER:]
    value = quote_value(path.decode("latin-1")).encode("latin-1")
    first = _EMPTY.sub(lambda found: found[1] + value + found[2], first, count=1)
    if not keep_transaction_timeout:
        first = _TRANSACTION_TIMEOUT.sub(b"", first, count=1)
    return first + rest
