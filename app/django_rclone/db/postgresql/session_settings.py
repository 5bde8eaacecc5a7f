"""The session settings under which a dump's SQL keeps its meaning. Pure.

Which of them are recorded, and how a restore sets them; ``search_path`` decides on the search path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django_rclone.db.postgresql import search_path
from django_rclone.db.postgresql.facts import LiveDatabase
from django_rclone.db.postgresql.quoting import quote_value
from django_rclone.display import enumerate_some

_EMPTY = re.compile(rb"^(SELECT pg_catalog\.set_config\('search_path', )''(, false\);)$", re.MULTILINE)
_TRANSACTION_TIMEOUT = re.compile(rb"^SET transaction_timeout = 0;\n", re.MULTILINE)
_HEADER = 4096
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
    return found | search_path.recorded(live)


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
