"""A helper program: writes a schema to stdout, part after part, and ends with 0 only if all parts are complete.

    dump DUMPER OPTIONS PLAN

PLAN is the path of a JSON document: the first lines, for each part its mark and the dump program's arguments, the
schema, and the longest statement in bytes that the server takes.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from django_rclone.command import Command
from django_rclone.db import entry_point
from django_rclone.db.mysql.dump_format import TABLES
from django_rclone.db.mysql.programs.split import lines
from django_rclone.db.mysql.session import dump_command
from django_rclone.db.mysql.table_rewrites import Statements
from django_rclone.exceptions import ProgramFailed
from django_rclone.process.child import Process
from django_rclone.process.interrupts import interruptible

_STDOUT = 1
_LINE = 1 << 20


class DumpErrors:
    """Messages of a dump program that make its dump useless, whatever its exit code: it leaves out objects that it has
    no rights to, prints "Error: …", and ends with 0."""

    def __init__(self, variable_problems: Sequence[str] = ()) -> None:
        self.lines: list[str] = []
        self._variable_problems = variable_problems

    def read_line(self, line: str) -> None:
        if "Error:" in line:
            self.lines.append(line.strip())
        if self._variable_problems and "loose-init-command" in line:
            self.lines.append(
                f"this version cannot set session variables, and the server has {self._variable_problems[0]}"
            )


def run_dump(command: Command, statements: Statements | None = None, variable_problems: Sequence[str] = ()) -> None:
    """Runs a dump program that writes to our stdout, tables through ``statements``. Raises ProgramFailed if the dump is
    incomplete, ConfigurationError if it could not be restored."""
    errors = DumpErrors(variable_problems)
    ours, theirs = os.pipe() if statements else (-1, _STDOUT)
    with Path(os.devnull).open("rb") as nothing:
        process = Process(command, nothing.fileno(), theirs)
    process.drain(errors.read_line)
    try:
        if statements:
            os.close(theirs)
            _rewrite(ours, statements)
        process.wait(threading.TIMEOUT_MAX)
    except BaseException:
        process.signal(9)  # it has nothing to clean up, and may be suspended
        process.wait(5)
        raise
    finally:
        process.close()
    if process.returncode != 0:
        raise ProgramFailed(command.program, process.returncode or 0, process.stderr)
    if errors.lines:
        raise ProgramFailed(command.program, 1, errors.lines[-1])


def _rewrite(source: int, statements: Statements) -> None:
    with open(source, "rb", buffering=_LINE) as stream, open(_STDOUT, "wb", buffering=_LINE, closefd=False) as target:
        for piece, begins in lines(stream):
            target.write(statements.rewrite(piece, begins))


@interruptible()
def main(arguments: list[str]) -> None:
    """Writes the dump."""
    dumper, options, plan = arguments
    content = Path(options).read_text()
    document = json.loads(Path(plan).read_text())
    _write(document["head"])
    for part in document["parts"]:
        _write(part["mark"])
        statements = Statements(document["schema"], document["limit"]) if part["name"] == TABLES else None
        try:
            run_dump(dump_command(dumper, content, *part["arguments"]), statements, document["variable_problems"])
        except ProgramFailed as failure:
            # The recipe explains this error, since it knows the database's alias.
            print(failure.stderr.rstrip(), file=sys.stderr)
            print(f"{failure.program} {failure.ending}", file=sys.stderr)
            sys.exit(1)
    _write(document["end"])


def _write(text: str) -> None:
    rest = memoryview(text.encode())
    while rest:
        rest = rest[os.write(_STDOUT, rest) :]


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
