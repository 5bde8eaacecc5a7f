"""A helper program: the steps of a restore before and after the load.

    restore_steps STEP LOCATION CLIENT OPTIONS DUMPER LIVE SCHEMA [terminate] [keep] [into] [created] [drill]

STEP is a method of Steps. LIVE is the live schema; SCHEMA is the scratch schema, or the copy that --into names.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django_rclone.db import entry_point
from django_rclone.db.failures import NOTHING_CHANGED
from django_rclone.db.mysql import journal
from django_rclone.db.mysql import schema_changes as changes
from django_rclone.db.mysql.dump_format import STORED_OBJECTS, disable_events
from django_rclone.db.mysql.errors import error_in, explained
from django_rclone.db.mysql.names import JOURNAL
from django_rclone.db.mysql.preflight import cannot_create_schema, cannot_create_scratch, stored_object_problems
from django_rclone.db.mysql.quoting import quote_name
from django_rclone.db.mysql.recovery import finish
from django_rclone.db.mysql.session import ClientSession
from django_rclone.db.mysql.swap import Swap
from django_rclone.exceptions import ConfigurationError, ProgramFailed
from django_rclone.process.interrupts import interruptible

_NO_RIGHT_TO_SCHEMA = 1044


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps, each a method."""

    swap: Swap
    flags: tuple[str, ...] = ()

    @property
    def session(self) -> ClientSession:
        return self.swap.session

    @property
    def schema(self) -> str:
        return self.swap.scratch

    def prepare(self) -> None:
        """Checks that the role may create the schema. The load creates it again, under the restore's lock."""
        name = quote_name(self.schema)
        try:
            self.session.run(f"CREATE DATABASE {name}; DROP DATABASE {name};")
        except ProgramFailed as failure:
            if error_in(failure.stderr)[0] != _NO_RIGHT_TO_SCHEMA:
                raise
            state = self.swap.inspect(self.swap.live)
            into = "into" in self.flags
            message = (
                cannot_create_schema(state, self.schema)
                if into
                else cannot_create_scratch(state, self.schema, self.swap.live)
            )
            raise ConfigurationError(message) from failure

    def commit(self) -> None:
        """Swaps the schemas."""
        self.swap.run(terminate="terminate" in self.flags)

    def abort(self) -> None:
        """Restores the live schema as it was before."""
        found = journal.read(self.session, self.schema)
        if found is not None and found.state == journal.SWAPPING:
            self.swap.roll_back()
        self.swap.drop_scratch()

    def finish(self) -> None:
        """Finishes or undoes interrupted restores."""
        finish(self.swap)

    def clear(self) -> None:
        """Empties the live schema before a load in place; with ``keep`` routines and events stay."""
        if "terminate" in self.flags:
            self.swap.end_sessions()
        parts = ("triggers", "views") if "keep" in self.flags else STORED_OBJECTS
        self._empty(self.swap.live, parts, journal.assert_lock(self.swap.live))

    def complete_copy(self) -> None:
        """Creates the stored objects of a copy, whose tables are loaded, and removes its journal. With ``drill`` events
        are disabled."""
        found = self.swap.read_journal()
        state = self.swap.inspect(self.schema)
        if wrong := list(stored_object_problems(state, found.texts, STORED_OBJECTS)):
            raise ConfigurationError(f"{' Also: '.join(wrong)} {NOTHING_CHANGED}")
        begin = f"{changes.session_settings()}USE {quote_name(self.schema)};\n".encode()
        end = f"DROP TABLE {quote_name(self.schema, JOURNAL)};\n".encode()
        texts = dict(found.texts)
        if "drill" in self.flags and "events" in texts:
            texts["events"] = disable_events(texts["events"])
        self.session.run(begin + changes.replay(self.schema, texts, STORED_OBJECTS) + end)

    def remove_copy(self) -> None:
        """Undoes a restore with --into: with ``created`` it drops the schema, otherwise its contents."""
        if "created" in self.flags:
            with suppress(ProgramFailed):  # it may not exist yet
                if {*self.swap.inspect(self.schema).tables} <= {JOURNAL} or journal.read(self.session, self.schema):
                    self.session.run(f"DROP DATABASE {quote_name(self.schema)};")
            return
        with suppress(ProgramFailed):
            self._empty(self.schema, STORED_OBJECTS)

    def _empty(self, schema: str, parts: Sequence[str], before: str = "") -> None:
        state = self.swap.inspect(schema)
        statements = changes.drop_stored_objects(schema, state, parts) + changes.drop_tables(schema, state)
        self.session.run(f"{changes.session_settings()}{before}USE {quote_name(schema)};\n{statements}")


@interruptible()
def main(arguments: list[str]) -> None:
    """Runs the step that the first argument names."""
    step, location, client, options, dumper, live, schema, *flags = arguments
    swap = Swap(ClientSession(client, Path(options).read_text()), dumper, live, schema, location)
    with explained(location):
        getattr(Steps(swap, tuple(flags)), step)()


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
