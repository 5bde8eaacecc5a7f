"""How often a command starts rclone: a start takes longer than most queries."""

from __future__ import annotations

import shlex
from pathlib import Path

from tests.commands.test_commands import Project, project
from tests.support.servers.storage import RCLONE

__all__ = ["project"]

# The connector of these tests reads the beginning of the object before it plans a restore, as that of PostgreSQL does:
# SQLite, MySQL and MariaDB take one `cat` less.
STARTS = {
    "dbbackup": "rcd rcat",
    "mediabackup": "rcd cat sync sync",
    "listbackups": "rcd cat",
    "listbackups --media": "rcd lsjson",
    "dbbackup --clean": "rcd rcat cat",
    "backupprune --dry-run": "rcd cat",
    "backupverify -d default --level hash": "rcd cat cat",
    "dbrestore -d default --dry-run": "rcd cat cat",
    "dbrestore -d default --noinput": "rcd cat cat cat",
    "mediarestore --noinput": "rcd cat lsjson sync sync",
}


def test_a_command_starts_rclone_no_more_often_than_needed(project: Project, tmp_path: Path) -> None:
    (project.media / "a").write_text("content")
    project.run("dbbackup", "-d", "default", "-d", "second")
    project.run("mediabackup")
    binary, log = tmp_path / "counting", tmp_path / "starts"
    binary.write_text(f'#!/bin/sh\necho "$1" >> {shlex.quote(str(log))}\nexec {RCLONE} "$@"\n')
    binary.chmod(0o755)
    found = {}
    for number, command in enumerate(STARTS):
        # A copy for each command: the configuration is read once a process, and these run in one.
        own = binary.with_name(f"counting-{number}")
        own.hardlink_to(binary)
        project.set(RCLONE_BINARY=str(own))
        log.write_text("")
        project.run(*command.split())
        found[command] = " ".join(log.read_text().split())
    assert found == STARTS
