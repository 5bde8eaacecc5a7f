"""The `django-rclone` program in a folder of its own, with SQLite databases and a local remote."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.contract.project import Started
from tests.support.commands import Done, run

BIN = Path(sys.executable).parent


@dataclass
class Program:
    """The program, its environment, and what it works on."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.remote = self.folder / "remote"
        self.media = self.folder / "media"
        self.env = {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "RCLONE_CONFIG": os.devnull,
            "BACKUP_REMOTE": str(self.remote),
            "BACKUP_STATE_DIR": str(self.folder / "state"),
            "DATABASE_URL": self.url("app"),
            # See tests/support/measured.py.
            **{name: value for name, value in os.environ.items() if name.startswith(("COVERAGE_", "GOGC"))},
            **self.env,
        }

    def path(self, name: str) -> Path:
        """The file of a database."""
        return self.folder / f"{name}.sqlite3"

    def url(self, name: str) -> str:
        """The URL of a database, which is made with one table."""
        self.execute("CREATE TABLE IF NOT EXISTS note (text)", name)
        return f"sqlite:///{self.path(name)}"

    def add(self, alias: str) -> None:
        """Gives the target another database."""
        self.env[f"DATABASE_URL_{alias.upper()}"] = self.url(alias)

    def execute(self, statement: str, name: str = "app") -> list[tuple[Any, ...]]:
        """Runs one statement on a database."""
        with closing(sqlite3.connect(self.path(name))) as connection, connection:
            return connection.execute(statement).fetchall()

    def write(self, text: str, name: str = "app") -> None:
        """Makes this the only note."""
        self.execute("DELETE FROM note", name)
        self.execute(f"INSERT INTO note VALUES ('{text}')", name)

    def note(self, name: str = "app") -> str:
        """The only note."""
        ((text,),) = self.execute("SELECT text FROM note", name)
        return text

    def fill_media(self) -> None:
        """Makes a media file, and tells the program of the folder."""
        self.media.mkdir(exist_ok=True)
        (self.media / "photo.jpg").write_bytes(b"photo")
        self.env["BACKUP_MEDIA_ROOT"] = str(self.media)

    def run(self, *arguments: str, stdin: int = subprocess.DEVNULL, prefix: tuple[str, ...] = (), **env: str) -> Done:
        """Runs the program, or what ``prefix`` makes of it, to its end, without a terminal."""
        return run([*prefix, "django-rclone", *arguments], env={**self.env, **env}, cwd=self.folder, stdin=stdin)

    def ok(self, *arguments: str, **env: str) -> str:
        """Runs the program, which must succeed, and returns what it printed on stdout."""
        done = self.run(*arguments, **env)
        assert done.code == 0, done.err
        return done.out

    def start(self, *arguments: str, **env: str) -> Started:
        """Starts the program in a fresh process, without a terminal."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(["django-rclone", *arguments], env={**self.env, **env}, text=True, **pipes)
        return Started(process)

    def at_terminal(self, answer: str, *arguments: str) -> Done:
        """Runs the program for somebody who types an answer."""
        ours, theirs = pty.openpty()
        try:
            os.write(ours, f"{answer}\n".encode())
            return self.run(*arguments, stdin=theirs)
        finally:
            os.close(ours)
            os.close(theirs)

    def listed(self, *arguments: str, **env: str) -> list[dict[str, Any]]:
        """Returns the output of `list --json`."""
        return json.loads(self.ok("list", "--json", *arguments, **env))

    def stored(self) -> list[str]:
        """Everything in the remote's folder, by path."""
        return sorted(str(path.relative_to(self.remote)) for path in self.remote.rglob("*") if path.is_file())
