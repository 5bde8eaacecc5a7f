"""The sqlite3 program at work: SQL text out of a database, and into a stage."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from django_rclone.command import Attached, Command, Explanation

_FLAGS = ("-batch", "-init", os.devnull, "-bail")
# What .dump leaves out. Encoding and page size take effect only while a database is empty, so these come first.
_PRAGMAS = ("encoding", "page_size", "auto_vacuum", "application_id", "user_version")
# CHECK constraints are for new rows. Those that are there already may break one that was made later.
_UNCHECKED = "PRAGMA ignore_check_constraints=ON;"


def check(program: str, schema: Iterable[tuple[str, str]], explain: Explanation) -> Command:
    """Returns a command that fails if sqlite3 could not load the text: generated columns, indexes and constraints may
    need functions and collations that only the app registers.

    ``schema``: each statement, with the name of the table that it makes or an empty string.
    """
    lines = [".output /dev/null", ".dbconfig defensive off", _UNCHECKED]
    lines += [f"{sql}\n;" for _table, sql in schema]  # the statement may end with a comment
    lines.append(".dbconfig enable_trigger off")  # .dump makes them after the rows
    for table, _sql in schema:
        if table:
            quoted = table.replace('"', '""')
            # What is compiled for one row is all that is needed for any.
            lines.append(f'EXPLAIN INSERT INTO "{quoted}" DEFAULT VALUES;')
    script = Attached("\n".join([*lines, ""]).encode(errors="surrogateescape"), "schema", flag=".read ")
    return Command((program, *_FLAGS, ":memory:", script), explain=explain)


def dump(program: str, path: str, wait: float, explain: Explanation, *, writable: bool) -> Command:
    """Returns the command that prints the database as SQL text; it waits up to ``wait`` seconds for others."""
    mode = "rw" if writable else "ro"  # either never makes a file
    pragmas = [f"SELECT 'PRAGMA {name}=' || quote({name}) || ';' FROM pragma_{name}" for name in _PRAGMAS]  # noqa: S608
    unchecked = f"SELECT '{_UNCHECKED}'"
    # Without their rowids, the rows of a table without INTEGER PRIMARY KEY would be numbered anew, and whatever
    # remembers a rowid (a full-text index with external content) would lead to other rows.
    statements = ("BEGIN", "SELECT '' FROM sqlite_master WHERE 0", *pragmas, unchecked, ".dump --preserve-rowids")
    flags = (*_FLAGS, "-cmd", f".timeout {round(wait * 1000)}")
    return Command((program, *flags, f"{Path(path).as_uri()}?mode={mode}", *statements), explain=explain)


def load(program: str, stage: str, explain: Explanation) -> Command:
    """Returns the command that loads SQL text into the stage.

    In its safe mode sqlite3 obeys no line of the script that would start programs or write other files. That mode also
    keeps the schema table from being written, which is how .dump restores virtual tables.
    """
    flags = (*_FLAGS, "-safe", "-cmd", ".dbconfig defensive off", "-cmd", _UNCHECKED)
    return Command((program, *flags, stage), explain=explain, may_stall=False)
