"""Functions that index builds and refreshes of materialized views run. Pure.

Since version 17 the server runs them with the search path pg_catalog, whatever the session's is: a function with
unqualified names fails there, although its index could be created while the table was empty, or before an upgrade. So
such indexes are built, and such views refreshed, after pg_restore's script, while the search path of the restore is set
on these functions. It is reset before COMMIT.
"""

from __future__ import annotations

import re

from django_rclone.db.postgresql.archive import RELATIONS, Archive, ArchiveEntry
from django_rclone.db.postgresql.facts import LiveDatabase
from django_rclone.db.postgresql.restore_list import RestoreList

_FIRST_VERSION = 17
_FILLING = "MATERIALIZED VIEW DATA"
_BUILT = ("INDEX", "CONSTRAINT")
_PARTS = ("INDEX ATTACH", "COMMENT")
_BOUNDARIES = frozenset({"SCHEMA", "EXTENSION", "TABLE DATA", *RELATIONS} - {"VIEW", "MATERIALIZED VIEW"})
# pg_restore prints these before the heading of the next entry.
_SETTINGS_OF_NEXT_ENTRY = re.compile(r"^SET default_\w+ = .*;\n?", re.MULTILINE)


def move_to_end(path: str, restore_list: RestoreList, archive: Archive, live: LiveDatabase) -> None:
    """Moves entries that run user-defined functions to the end of the restore; there, ``path`` is the search path of
    these functions."""
    if live.major < _FIRST_VERSION:
        return
    calls = _CalledFunctions(restore_list, archive)
    built = [
        entry for entry in restore_list.entries if entry.type in _BUILT and _script(entry) and calls.called_by(entry)
    ]
    filled = [entry for entry in archive.entries if entry.type == _FILLING and calls.called_by(entry)]
    if not built and not filled:
        return
    functions = {function.id: function for entry in (*built, *filled) for function in calls.called_by(entry)}
    signatures = [function.signature for function in functions.values()]
    ids = {entry.id for entry in built}
    for entry in restore_list.entries:
        if entry.type in _PARTS and _script(entry) and not ids.isdisjoint(entry.dependencies):
            ids.add(entry.id)
    filling = [entry for entry in restore_list.entries if entry.type == _FILLING and entry.statement]
    ids_of_filling = {entry.id for entry in filling} if filled else set()
    late = [
        *(f"ALTER FUNCTION {signature} SET search_path = {path};" for signature in signatures),
        *(_script(entry) for entry in restore_list.entries if entry.id in ids),
        *restore_list.final_statements,
        *(entry.statement for entry in filling if entry.id in ids_of_filling),
        *(f"ALTER FUNCTION {signature} RESET search_path;" for signature in signatures),
    ]
    restore_list.final_statements = late
    restore_list.entries = [entry for entry in restore_list.entries if entry.id not in ids | ids_of_filling]
    restore_list.disable_event_triggers(live)


def _script(entry: ArchiveEntry) -> str:
    return _SETTINGS_OF_NEXT_ENTRY.sub("", entry.script).strip()


def _name(function: ArchiveEntry) -> str:
    return function.signature.partition("(")[0] + "("


class _CalledFunctions:
    """The restored functions that an entry calls, as far as its dependencies show."""

    def __init__(self, restore_list: RestoreList, archive: Archive) -> None:
        self._functions = {entry.id: entry for entry in restore_list.entries if entry.signature}
        self._entries = {entry.id: entry for entry in archive.entries}

    def called_by(self, entry: ArchiveEntry) -> list[ArchiveEntry]:
        found: list[ArchiveEntry] = []
        if entry.type == "CONSTRAINT":
            # The archive has no dependencies of its index.
            found += [function for function in self._functions.values() if _name(function) in _script(entry)]
        seen = {entry.id}
        waiting = list(entry.dependencies)
        while waiting:
            number = waiting.pop()
            other = self._entries.get(number)
            if other is None or number in seen:
                continue
            seen.add(number)
            if number in self._functions:
                found.append(other)
            if other.type not in _BOUNDARIES:
                waiting += other.dependencies
        return sorted(found, key=lambda function: function.id)
