"""A program: writes a schema to stdout as one stream, part after part, and ends 0 only if all of it is whole.

    python -m django_rclone.db.mysql_dump DUMPER OPTIONS PLAN

PLAN is a JSON document: what is written first, and for each part its mark and the dump program's arguments.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

from django_rclone.command import Command
from django_rclone.db import mysql_program
from django_rclone.db.mysql_session import dump_command
from django_rclone.exceptions import ProgramFailed
from django_rclone.process.child import Process

_STDOUT = 1


class Complaints:
    """What a dump program said that makes its dump useless, whatever its exit code: it leaves out what it may not see,
    says "Error: …", and ends 0."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def hear(self, line: str) -> None:
        if "Error:" in line:
            self.lines.append(line.strip())


def write(command: Command) -> None:
    """Runs a dump program that writes straight to our stdout. Raises ProgramFailed when it did not write all."""
    complaints = Complaints()
    with Path(os.devnull).open("rb") as nothing:
        process = Process(command, nothing.fileno(), _STDOUT)
    process.drain(complaints.hear)
    try:
        process.wait(threading.TIMEOUT_MAX)
    except BaseException:
        process.signal(9)  # it has nothing to put in order, and may be stopped
        process.wait(5)
        raise
    finally:
        process.close()
    if process.returncode != 0:
        raise ProgramFailed(command.program, process.returncode or 0, process.stderr)
    if complaints.lines:
        raise ProgramFailed(command.program, 1, complaints.lines[-1])


def main(arguments: list[str]) -> None:
    """Does what the program is for."""
    dumper, options, plan = arguments
    content = Path(options).read_text()
    document = json.loads(Path(plan).read_text())
    _say(document["head"])
    for part in document["parts"]:
        _say(part["mark"])
        try:
            write(dump_command(dumper, content, *part["arguments"]))
        except ProgramFailed as failure:
            # The recipe knows whose database this is, and explains.
            print(failure.stderr.rstrip(), file=sys.stderr)
            print(f"{failure.program} {failure.ending}", file=sys.stderr)
            sys.exit(1)
    _say(document["end"])


def _say(text: str) -> None:
    rest = memoryview(text.encode())
    while rest:
        rest = rest[os.write(_STDOUT, rest) :]


if __name__ == "__main__":
    sys.exit(mysql_program.run(lambda: main(sys.argv[1:])))
