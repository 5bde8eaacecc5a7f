"""Prints how often each command starts rclone, and what it costs, with a small SQLite database and a folder.

Usage: python -m bench.rclone_starts [OTHER_APP], where OTHER_APP is the `app` folder of a version to compare with.
"""

import json
import os
import shlex
import shutil
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.measure import Cost, cost
from tests.support.servers.storage import RCLONE

ROUNDS = 7
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "dbbackup": ("dbbackup",),
    "dbbackup --clean": ("dbbackup", "--clean"),
    "listbackups": ("listbackups",),
    "backupprune --dry-run": ("backupprune", "--dry-run"),
    "dbrestore": ("dbrestore", "--noinput"),
    "backupverify": ("backupverify",),
    "mediabackup": ("mediabackup",),
    "mediarestore": ("mediarestore", "--noinput"),
}


def main() -> None:
    """Runs every command several times, those of the versions in turns."""
    # Nothing of this machine's own settings, and no files written by Python itself.
    os.environ.update({"RCLONE_CONFIG": os.devnull, "PYTHONDONTWRITEBYTECODE": "1"})
    os.environ.pop("GOGC", None)
    versions = {"this": Path(__file__).parents[1] / "app", **{name: Path(name) for name in sys.argv[1:]}}
    with tempfile.TemporaryDirectory(prefix="django-rclone-bench-") as home:
        projects = {
            title: _Project(Path(home, str(number)), app) for number, (title, app) in enumerate(versions.items())
        }
        for project in projects.values():
            project.cost("dbbackup")
            project.cost("mediabackup")
        setup = statistics.median(_setup(next(iter(projects.values()))).seconds for _ in range(ROUNDS))
        print(f"Python and `django.setup()`: {setup:.2f} s (contained in each line; medians of {ROUNDS} rounds)\n")
        print("| command | version | starts of rclone | seconds | own CPU s |\n| --- | --- | --- | --- | --- |")
        for title, command in COMMANDS.items():
            costs: dict[str, list[Cost]] = {version: [] for version in versions}
            for _round in range(ROUNDS):
                for version, project in projects.items():
                    costs[version].append(project.cost(*command))
            for version, project in projects.items():
                seconds = statistics.median(run.seconds for run in costs[version])
                cpu = statistics.median(run.cpu for run in costs[version])
                print(f"| {title} | {version} | {project.starts(*command)} | {seconds:.2f} | {cpu:.2f} |", flush=True)


class _Project:
    """A project with one small SQLite database, one media file and a remote in a folder."""

    def __init__(self, folder: Path, app: Path) -> None:
        self._folder, self._app = folder, app
        (folder / "media").mkdir(parents=True)
        (folder / "media/a.txt").write_text("content")
        with sqlite3.connect(folder / "app.sqlite3") as connection:
            connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, text TEXT)")
            connection.executemany("INSERT INTO item (text) VALUES (?)", [("x" * 100,)] * 1000)
        connection.close()

    def _environment(self, binary: Path) -> dict[str, str]:
        given = {
            "DATABASES": {
                "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(self._folder / "app.sqlite3")}
            },
            "MEDIA_ROOT": str(self._folder / "media"),
            "DJANGO_RCLONE": {"REMOTE": str(self._folder / "remote"), "RCLONE_BINARY": str(binary)},
        }
        return {
            "PROJECT_SETTINGS": json.dumps(given),
            "DJANGO_SETTINGS_MODULE": "tests.contract.settings",
            "PYTHONPATH": f"{self._app}{os.pathsep}{Path(__file__).parents[1]}",
        }

    def cost(self, *command: str, binary: Path = RCLONE) -> Cost:
        """Runs a management command."""
        return cost([sys.executable, "-m", "django", *command], self._environment(binary))

    def starts(self, *command: str) -> str:
        """Runs a management command and returns what it started of rclone, each start by its first word."""
        folder = self._folder / "bin"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        log, counting = folder / "log", folder / "rclone"
        counting.write_text(f'#!/bin/sh\necho "$1" >> {shlex.quote(str(log))}\nexec {shlex.quote(str(RCLONE))} "$@"\n')
        counting.chmod(0o755)
        self.cost(*command, binary=counting)
        words = log.read_text().split()
        return f"{len(words)}: {' '.join(words)}"


def _setup(project: _Project) -> Cost:
    return cost([sys.executable, "-m", "bench.setup"], project._environment(RCLONE))


if __name__ == "__main__":
    main()
