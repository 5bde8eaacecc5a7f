"""Commands for the sqlite3 program: dump a database as SQL text, and load SQL text into a stage."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from django_rclone.command import Attached, Command, Explanation

_FLAGS = ("-batch", "-init", os.devnull, "-bail")
# Settings that .dump leaves out. Encoding and page size take effect only in an empty database, so these come first.
_PRAGMAS = ("encoding", "page_size", "auto_vacuum", "application_id", "user_version")
# CHECK constraints apply to new rows. Existing rows may violate one that was added later.
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
            # Compiling the statement for one row needs everything that any row needs.
            lines.append(f'EXPLAIN INSERT INTO "{quoted}" DEFAULT VALUES;')
    script = Attached("\n".join([*lines, ""]).encode(errors="surrogateescape"), "schema", flag=".read ")
    return Command((program, *_FLAGS, ":memory:", script), explain=explain)


def dump(program: str, path: str, wait: float, explain: Explanation, *, writable: bool) -> Command:
    """Returns the command that prints the database as SQL text. It waits up to ``wait`` seconds for locks."""
    mode = "rw" if writable else "ro"  # neither creates a file
    pragmas = [f"SELECT 'PRAGMA {name}=' || quote({name}) || ';' FROM pragma_{name}" for name in _PRAGMAS]  # noqa: S608
    unchecked = f"SELECT '{_UNCHECKED}'"
    # Without their rowids, the rows of a table without INTEGER PRIMARY KEY would be renumbered, and what refers to a
    # rowid (a full-text index with external content) would point to other rows.
    statements = ("BEGIN", "SELECT '' FROM sqlite_master WHERE 0", *pragmas, unchecked, ".dump --preserve-rowids")
    flags = (*_FLAGS, "-cmd", f".timeout {round(wait * 1000)}")
    return Command((program, *flags, f"{Path(path).as_uri()}?mode={mode}", *statements), explain=explain)


def load(program: str, stage: str, explain: Explanation) -> Command:
    """Returns the command that loads SQL text into the stage.

    In its safe mode sqlite3 runs no line of the script that would start programs or write other files. That mode also
    prevents writing to the schema table, which is how .dump restores virtual tables.
    """
    flags = (*_FLAGS, "-safe", "-cmd", ".dbconfig defensive off", "-cmd", _UNCHECKED)
    return Command((program, *flags, stage), explain=explain, is_loader=True)
