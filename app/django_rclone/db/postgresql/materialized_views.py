"""Materialized views, which run queries when they are filled. Pure.

pg_restore fills them last, when the privileges are given that their queries need. Where some of the privileges come
from us, after its script, so does the filling.
"""

from __future__ import annotations

from django_rclone.db.postgresql.facts import Live
from django_rclone.db.postgresql.maintenance import WITHOUT_EVENT_TRIGGERS
from django_rclone.db.postgresql.quoting import quote_value
from django_rclone.db.postgresql.restore_list import RestoreList
from django_rclone.db.postgresql.toc import Entry

_LOCK_TIMEOUT = "-c lock_timeout=10s"
_FILLING = "MATERIALIZED VIEW DATA"


def fill_at_the_end(choice: RestoreList, live: Live, database: str) -> None:
    """Moves the filling of materialized views behind our own last statements where it depends on them."""
    leading_back = [entry for entry in choice.entries if _leads_back(entry, database)]
    filling = [entry for entry in choice.entries if entry.type == _FILLING and entry.statement]
    if not filling or not (choice.late or leading_back):
        return
    moved = {entry.id for entry in filling}
    choice.entries = [entry for entry in choice.entries if entry.id not in moved]
    if live.superuser and any(entry.type == "EVENT TRIGGER" for entry in choice.entries):
        # They are there by now, and were not when the statements ran that these stand for.
        choice.late.insert(0, WITHOUT_EVENT_TRIGGERS)
    # A foreign table of this very database waits for the locks that we hold, unseen by the server's search for
    # deadlocks: its session gives up after a while.
    choice.late += [_options(entry, wait=False) for entry in leading_back]
    choice.late += [entry.statement for entry in filling]
    choice.late += [_options(entry, wait=True) for entry in leading_back]


def _leads_back(entry: Entry, database: str) -> bool:
    options = entry.details.get("options", {})
    return (
        entry.type == "SERVER"
        and entry.details.get("wrapper") == "postgres_fdw"
        and options.get("dbname") in (None, quote_value(database)[1:-1])
    )


def _options(entry: Entry, *, wait: bool) -> str:
    name, set_before = entry.details["name"], entry.details["options"].get("options")
    if wait:
        change = "DROP options" if set_before is None else f"SET options '{set_before}'"
    elif set_before is None:
        change = f"ADD options '{_LOCK_TIMEOUT}'"
    else:
        change = f"SET options '{set_before} {_LOCK_TIMEOUT}'"
    return f"ALTER SERVER {name} OPTIONS ({change});"
