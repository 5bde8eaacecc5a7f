"""Replaces the live schema by a scratch schema that holds a loaded backup, and undoes that.

The point of no return is one RENAME TABLE over all tables, which is atomic. The steps around it (dropping and creating
stored objects and views, which do not move) are in the journal: before the RENAME they are undone, after it they are
finished, by this process or by the next command.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django_rclone.db.failures import NOTHING_CHANGED
from django_rclone.db.mysql import journal, schema_references
from django_rclone.db.mysql import schema_changes as changes
from django_rclone.db.mysql.dump_format import STORED_OBJECTS
from django_rclone.db.mysql.errors import error_in, explained, user_error
from django_rclone.db.mysql.facts import Live
from django_rclone.db.mysql.journal import Journal
from django_rclone.db.mysql.names import JOURNAL, displaced, lock
from django_rclone.db.mysql.preflight import problems, stored_object_problems
from django_rclone.db.mysql.quoting import quote_name, quote_value
from django_rclone.db.mysql.schema import inspect, stored_objects
from django_rclone.db.mysql.session import Session
from django_rclone.db.restore_mode import Mode
from django_rclone.display import enumerate_some
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, ProgramFailed

_LOCK_TIMEOUT = 1205
SWAP_LOCK_WAIT = 20
"""Seconds to wait for the session of a killed swap: longer than its statements wait for locks."""


@dataclass(frozen=True, slots=True)
class Swap:
    """A scratch schema and the live schema that it replaces."""

    session: Session
    dumper: str
    live: str
    scratch: str
    location: str

    def inspect(self, schema: str) -> Live:
        """Returns the current facts of a schema."""
        return inspect(self.session, schema)

    def read_journal(self) -> Journal:
        """Returns the journal. Raises DjangoRcloneError if another command has removed it."""
        found = journal.read(self.session, self.scratch)
        if found is None:
            raise DjangoRcloneError(
                f"the scratch schema for {self.location} is gone: another command removed it. {NOTHING_CHANGED} "
                "Try again."
            )
        return found

    def run(self, *, terminate: bool = False) -> None:
        """Runs the swap. After a failure the live schema is as it was before, unless the error says otherwise."""
        found = self._plan(self.read_journal())
        self._wait_for_transactions(found.plan["live_tables"], terminate)
        try:
            self.session.run(self._script(found))
        except ProgramFailed as failure:
            raise self._undo_failed(failure) from failure
        self.drop_scratch()

    def finish(self, found: Journal) -> None:
        """Ends an interrupted swap: undoes it before its point of no return, and finishes it after that, because the
        application may have written to the new tables."""
        if not self.is_past_rename(found.plan):
            self.roll_back()
        else:
            with explained(
                self.location, "An interrupted restore could not be finished: remove the cause and try again."
            ):
                self.session.run(self._script(found))
        self.drop_scratch()

    def _plan(self, found: Journal) -> Journal:
        """Compares both schemas, and records the steps of the swap and what undoes them."""
        live_state, scratch_state = self.inspect(self.live), self.inspect(self.scratch)
        if scratch_state.triggers:
            raise DjangoRcloneError(
                f"the backup has triggers among its tables, which cannot be swapped. {NOTHING_CHANGED}"
            )
        present = stored_objects(self.session, self.dumper, self.live, live_state)
        redo = changes.parts_to_replace(found.texts, present)
        wrong = [*problems(live_state, Mode()), *stored_object_problems(live_state, found.texts, redo)]
        if wrong:
            raise ConfigurationError(f"{' Also: '.join(wrong)} {NOTHING_CHANGED}")
        plan: dict[str, Any] = {
            "live_tables": sorted(live_state.tables),
            "new_tables": sorted(set(scratch_state.tables) - {JOURNAL}),
            "redo": redo,
            "rebind": schema_references.find(self.session, self.scratch, self.live),
            "defaults": [scratch_state.charset, scratch_state.collation],
            "defaults_before": [live_state.charset, live_state.collation],
        }
        undo = {f"undo {part}": text for part, text in present.items()}
        written = "".join(journal.write(self.scratch, part, text) for part, text in undo.items())
        self.session.run(
            journal.assert_lock(self.live)
            + journal.assert_state(self.scratch, journal.LOADED)
            + f"CREATE DATABASE IF NOT EXISTS {quote_name(displaced(self.scratch))};\n"
            + written
            + journal.write(self.scratch, "plan", json.dumps(plan).encode())
        )
        return Journal(found.state, found.session, plan, {**found.texts, **undo})

    def _wait_for_transactions(self, tables: list[str], terminate: bool) -> None:
        """Waits for the transactions of other sessions, before anything is changed."""
        if terminate:
            self.end_sessions()
        try:
            self.session.run(changes.wait_for_locks(self.live, tables))
        except ProgramFailed as failure:
            # A broken trigger or a missing right does not prevent the rename.
            if error_in(failure.stderr)[0] == _LOCK_TIMEOUT:
                raise self._lock_error() from failure

    def end_sessions(self) -> None:
        """Ends the other sessions that use the live schema, as far as the role may."""
        for other in self.inspect(self.live).sessions:
            with suppress(ProgramFailed):
                self.session.run(f"KILL {other.id};")

    def _lock_error(self) -> DjangoRcloneError:
        others = enumerate_some(other.described for other in self.inspect(self.live).sessions)
        return DjangoRcloneError(
            f"a transaction of another session has kept {self.location} locked for {changes.LOCK_TIMEOUT} s "
            f"({others or 'of another role, which this one cannot see'}). Stop the application, or add "
            f"--terminate-sessions. {NOTHING_CHANGED}"
        )

    def is_past_rename(self, plan: Mapping[str, Any]) -> bool:
        """Returns whether the swap has passed its point of no return."""
        query = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = {} AND table_name <> '{}';"

        def count(schema: str) -> int:
            return int(self.session.run(query.format(quote_value(schema), JOURNAL)))

        return count(displaced(self.scratch)) > 0 or (bool(plan["new_tables"]) and count(self.scratch) == 0)

    def _begin(self, *states: str) -> str:
        return (
            journal.assert_lock(self.live, SWAP_LOCK_WAIT)
            + journal.assert_state(self.scratch, *states)
            + changes.session_settings()
            + journal.record_session(self.scratch)
            + f"USE {quote_name(self.live)};\n"
        )

    def _script(self, found: Journal) -> bytes:
        plan = found.plan
        moved = found.state == journal.SWAPPING and self.is_past_rename(plan)
        rename = (
            ""
            if moved
            else changes.rename_tables(
                (self.live, plan["live_tables"], displaced(self.scratch)), (self.scratch, plan["new_tables"], self.live)
            )
        )
        before = (
            self._begin(found.state)
            + journal.set_state(self.scratch, journal.SWAPPING)
            + changes.drop_stored_objects(self.live, self.inspect(self.live), plan["redo"])
            + rename
            + self._correct_references(plan, moved=moved)
            + changes.set_defaults(self.live, *plan["defaults"])
        )
        after = journal.set_state(self.scratch, journal.DONE)
        return before.encode() + changes.replay(self.live, found.texts, plan["redo"]) + after.encode()

    def _correct_references(self, plan: Mapping[str, Any], *, moved: bool) -> str:
        found = plan.get("rebind", [])  # not in the journal of an older version
        dropped = schema_references.missing_keys(self.session, self.live, found) if moved and found else []
        return schema_references.statements(self.live, found, dropped)

    def roll_back(self) -> None:
        """Restores the live schema as it was before the swap."""
        found = self.read_journal()
        plan = found.plan
        self._end_own_session(found)
        undo = {part: found.texts.get(f"undo {part}", b"") for part in STORED_OBJECTS}
        rename = (
            ""
            if not self.is_past_rename(plan)
            else changes.rename_tables(
                (self.live, plan["new_tables"], self.scratch), (displaced(self.scratch), plan["live_tables"], self.live)
            )
        )
        before = (
            self._begin(journal.SWAPPING)
            + changes.drop_stored_objects(self.live, self.inspect(self.live), plan["redo"])
            + rename
            + changes.set_defaults(self.live, *plan["defaults_before"])
        )
        after = journal.set_state(self.scratch, journal.DONE)
        self.session.run(before.encode() + changes.replay(self.live, undo, plan["redo"]) + after.encode())

    def _end_own_session(self, found: Journal) -> None:
        """Ends the session of the swap's own client, if that was killed and the server has not noticed."""
        query = f"SELECT IFNULL(IS_USED_LOCK('{lock(self.live)}'), 0);"
        if found.session and int(self.session.run(query)) == found.session:
            with suppress(ProgramFailed):
                self.session.run(f"KILL {found.session};")

    def _undo_failed(self, failure: ProgramFailed) -> DjangoRcloneError:
        """Undoes a failed swap, and returns the error for both failures."""
        blocked = error_in(failure.stderr)[0] == _LOCK_TIMEOUT
        error: Callable[[], DjangoRcloneError] = (
            self._lock_error if blocked else lambda: user_error(failure, self.location, NOTHING_CHANGED)
        )
        if self.read_journal().state != journal.SWAPPING:
            return error()
        try:
            self.roll_back()
        except DjangoRcloneError as second:
            first = user_error(failure, self.location)
            return DjangoRcloneError(
                f"the swap failed ({first}), and could not be undone ({second}). The live schema may lack "
                "stored objects; the next command repairs it."
            )
        return error()

    def drop_scratch(self) -> None:
        """Drops the scratch schemas: the old tables first, the journal last. The next command drops what is left."""
        with suppress(ProgramFailed):
            for schema in (displaced(self.scratch), self.scratch):
                self.session.run(f"{changes.session_settings()}DROP DATABASE IF EXISTS {quote_name(schema)};")
