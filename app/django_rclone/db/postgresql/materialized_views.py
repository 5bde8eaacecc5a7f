"""Materialized views, which run queries when they are filled. Pure.

pg_restore fills them last, when the privileges that their queries need have been granted. If some privileges are only
granted after its script, the views are filled after that.
"""

from __future__ import annotations

from django_rclone.db.postgresql.archive import ArchiveEntry
from django_rclone.db.postgresql.facts import LiveDatabase
from django_rclone.db.postgresql.quoting import quote_value
from django_rclone.db.postgresql.restore_list import RestoreList

_LOCK_TIMEOUT = "-c lock_timeout=10s"
_FILLING = "MATERIALIZED VIEW DATA"


def refresh_last(restore_list: RestoreList, live: LiveDatabase, database: str) -> None:
    """Moves the filling of materialized views after our own final statements if it depends on them."""
    loopback_servers = [entry for entry in restore_list.entries if _is_loopback_server(entry, database)]
    filling = [entry for entry in restore_list.entries if entry.type == _FILLING and entry.statement]
    if not filling or not (restore_list.final_statements or loopback_servers):
        return
    moved = {entry.id for entry in filling}
    restore_list.entries = [entry for entry in restore_list.entries if entry.id not in moved]
    restore_list.disable_event_triggers(live)
    # A foreign table of the same database waits for our own locks, which the server's deadlock detection does not
    # see: its session gives up after a while.
    restore_list.final_statements += [_alter_server(entry, wait=False) for entry in loopback_servers]
    restore_list.final_statements += [entry.statement for entry in filling]
    restore_list.final_statements += [_alter_server(entry, wait=True) for entry in loopback_servers]


def _is_loopback_server(entry: ArchiveEntry, database: str) -> bool:
    options = entry.details.get("options", {})
    return (
        entry.type == "SERVER"
        and entry.details.get("wrapper") == "postgres_fdw"
        and options.get("dbname") in (None, database)
    )


def _alter_server(entry: ArchiveEntry, *, wait: bool) -> str:
    name, set_before = entry.details["name"], entry.details["options"].get("options")
    if wait:
        change = "DROP options" if set_before is None else f"SET options {quote_value(set_before)}"
    elif set_before is None:
        change = f"ADD options {quote_value(_LOCK_TIMEOUT)}"
    else:
        change = f"SET options {quote_value(f'{set_before} {_LOCK_TIMEOUT}')}"
    return f"ALTER SERVER {name} OPTIONS ({change});"
