"""Prints what backups cost, as tables for docs/speed.md. Ratios within a table count; seconds are the machine's."""

import contextlib
import json
import os
import shlex
import stat
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django

from bench import compress, data
from bench.image import print_image
from bench.measure import Cost, cost
from bench.serve import print_serve
from django_rclone import display
from tests.support.images.clients import client_dir
from tests.support.servers import PostgresServer, serve_s3, start_postgres
from tests.support.servers.storage import RCLONE

ROUNDS = 4


@dataclass(slots=True)
class Project:
    """A Django project that has one database and one remote."""

    database: Mapping[str, Any]
    remote: str
    options: dict[str, Any] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)

    def cost(self, *command: str, memory: bool = False) -> Cost:
        """Runs `manage.py` with this command."""
        given = {
            "DATABASES": {"default": self.database},
            "DJANGO_RCLONE": {"REMOTE": self.remote, "RCLONE_BINARY": str(RCLONE), **self.options},
        }
        env = {**self.env, "PROJECT_SETTINGS": json.dumps(given), "DJANGO_SETTINGS_MODULE": "tests.contract.settings"}
        return cost([sys.executable, "-m", *command], env, memory=memory)


def main() -> None:
    """Runs everything."""
    # Nothing of this machine's own settings, and no files written by Python itself.
    os.environ.update({"RCLONE_CONFIG": os.devnull, "PYTHONDONTWRITEBYTECODE": "1"})
    with tempfile.TemporaryDirectory(prefix="django-rclone-bench-") as home, start_postgres(17) as server:
        where = Path(home)
        print(f"{os.cpu_count()} cores, {_version()}\n")
        with data.database(server, 500) as large:
            print_against_the_limit(server, large, where)
            print_restore(server, large, where)
            print_drill(server, large, where)
            print_compression(server, large, where)
        print_fixed_cost(server, where)
        print_memory_and_disk(server, where)
    print_image()
    print_serve()


def print_against_the_limit(server: PostgresServer, name: str, where: Path) -> None:
    """A backup against what it cannot be faster than, and against what people have without it."""
    project = _project(server, name, str(where / "local"))
    costs = alternate(
        {
            "`pg_dump -Fc --compress=zstd:3 > /dev/null` (the limit)": lambda: _pg_dump(
                server, name, "--compress=zstd:3"
            ),
            "`manage.py dbbackup` to a folder": lambda: project.cost("django", "dbbackup"),
            "`pg_dump -Fc > /dev/null` (gzip, its default)": lambda: _pg_dump(server, name),
        }
    )
    stored = max((path.stat().st_size for path in (where / "local/db").iterdir()), default=0)
    size = display.size(data.size(server, name))
    print_ratios(f"Backup: PostgreSQL, {size} on the server, {display.size(stored)} as an object", costs)


def print_restore(server: PostgresServer, name: str, where: Path) -> None:
    """A restore against PostgreSQL's own in one transaction, from a file on the same disk."""
    (dump,) = sorted((where / "local/db").iterdir())[-1:]
    project = _project(server, name, str(where / "local"))
    restore = [server.client_dir / "pg_restore", "--clean", "--if-exists", "-1", f"--dbname={name}", dump]
    costs = alternate(
        {
            "`pg_restore --clean -1` from a local file": lambda: cost(restore, server.environment(name)),
            "`manage.py dbrestore` from a folder": lambda: project.cost("django", "dbrestore", "--noinput"),
        },
        rounds=2,
    )
    print_ratios("Restore of the same", costs)


def print_drill(server: PostgresServer, name: str, where: Path) -> None:
    """A drill against the bare restore of the same backup, and where the rest of its time goes."""
    project = _project(server, name, str(where / "local"))
    costs = alternate(
        {
            "`manage.py dbrestore` from a folder": lambda: project.cost("django", "dbrestore", "--noinput"),
            "`manage.py backupverify --level drill`": lambda: project.cost(
                "django", "backupverify", "--level", "drill"
            ),
        },
        rounds=2,
    )
    print_ratios("Drill of the same", costs)
    (record,) = (where / "local/manifests").glob("verification-*")
    steps = json.loads(record.read_text())["drill"]["steps"]
    print("Its steps: " + ", ".join(f"{step} {seconds:.1f} s" for step, seconds in steps.items()) + ".\n")


def print_compression(server: PostgresServer, name: str, where: Path) -> None:
    """Measures compression outside the dump program: the same stream to the same folder."""
    raw = where / "raw.dump"
    dump = [server.client_dir / "pg_dump", "-Fc", "--compress=0", f"--file={raw}"]
    cost(dump, server.environment(name))
    zstd = f"zstd -q -3 -T{os.cpu_count()}"
    to_nowhere = ["sh", "-c", f"{zstd} -c {shlex.quote(str(raw))} > /dev/null"]
    runs: dict[str, Callable[[], Cost]] = {f"`{zstd}` to /dev/null": lambda: cost(to_nowhere)}
    for title, way in compress.WAYS.items():
        runs[title] = _compressing(way, raw, where / "compressed")
    title = f"Compression of a stream of {display.size(raw.stat().st_size)}, to a folder"
    print_ratios(title, alternate(runs, rounds=3))
    raw.unlink()


def _compressing(way: str, file: Path, remote: Path) -> Callable[[], Cost]:
    return lambda: cost([sys.executable, "-m", "bench.compress", way, str(file), str(remote)], {"PATH": _path()})


def print_fixed_cost(server: PostgresServer, where: Path) -> None:
    """Measures a backup that has nothing to back up, and its parts."""
    with data.database(server, 0) as empty:
        project = _project(server, empty, str(where / "empty"))
        first = project.cost("django", "dbbackup")
        later = [project.cost("django", "dbbackup") for _ in range(5)]
        restores = [project.cost("django", "dbrestore", "--noinput") for _ in range(3)]
        setup = [project.cost("bench.setup").seconds for _ in range(5)]
        log = where / "programs.log"
        traced = _traced(project, where / "bin", log)
        log.unlink(missing_ok=True)
        traced.cost("django", "dbbackup")
        started = [line.split("\t") for line in log.read_text().splitlines()]
    print("### Fixed cost: a backup of an empty database\n")
    print(f"First backup on a remote: {first.seconds:.2f} s; later ones: {_median(later):.2f} s (median of 5).")
    print(f"Restore: {_median(restores):.2f} s (median of 3). Where a later backup's time goes:\n")
    rows = [("Python and `django.setup()`", "1", f"{statistics.median(setup):.2f}")]
    programs: dict[str, list[float]] = {}
    for title, begun, ended in started:
        programs.setdefault(title, []).append(float(ended) - float(begun))
    rows += [(f"`{title}`", str(len(times)), f"{sum(times):.2f}") for title, times in programs.items()]
    print_table(("what", "starts", "seconds"), rows)
    rclone = sum(len(times) for title, times in programs.items() if title.startswith("rclone"))
    print(f"rclone is started {rclone} times. (What overlaps counts twice.)\n")


def print_memory_and_disk(server: PostgresServer, where: Path) -> None:
    """Measures memory and writes of our processes, with a remote whose own server is none of them."""
    rows = []
    with serve_s3(where) as storage:
        for megabytes in (50, 2000):
            with data.database(server, megabytes) as name:
                project = _project(server, name, f"{storage.remote}/{megabytes}")
                project.env = dict(storage.environment)
                size = display.size(data.size(server, name))
                rows.append(_held(f"backup of {size} to S3", project.cost("django", "dbbackup", memory=True)))
                run = project.cost("django", "dbrestore", "--noinput", memory=True)
                rows.append(_held(f"restore of {size} from S3", run))
                if megabytes == 50:
                    local = _project(server, name, str(where / "control"))
                    rows.append(_held(f"backup of {size} to a folder", local.cost("django", "dbbackup", memory=True)))
    (stored,) = (where / "control/db").iterdir()
    print("### Memory and local disk\n")
    print_table(("run", "peak PSS", "peak RSS", "of the peak", "written to local disk"), rows)
    print(f"(The object in the folder has {display.size(stored.stat().st_size)}: what is written, the measure sees.)\n")


def _held(title: str, run: Cost) -> tuple[str, ...]:
    parts = sorted((run.peak.parts or {}).items(), key=lambda part: -part[1])
    said = ", ".join(f"{name} {display.size(held)}" for name, held in parts if held > 1_000_000)
    return (title, display.size(run.peak.pss), display.size(run.peak.rss), said, display.size(run.written))


def _project(server: PostgresServer, name: str, remote: str) -> Project:
    options = {"DATABASE_OPTIONS": {"default": {"BINARY_DIR": str(server.client_dir)}}}
    return Project(server.settings(name), remote, options)


def _pg_dump(server: PostgresServer, name: str, *flags: str) -> Cost:
    return cost([server.client_dir / "pg_dump", "-Fc", *flags], server.environment(name))


def _traced(project: Project, folder: Path, log: Path) -> Project:
    """The same project, with programs that write down when they began and ended."""
    folder.mkdir()
    originals = {
        "rclone": RCLONE,
        **{name: client_dir("postgres", "17") / name for name in ("pg_dump", "pg_restore", "psql")},
    }
    for name, original in originals.items():
        wrapper = folder / name
        # What rclone does is its first word; what the others do matters less.
        title = f"{name} $1" if name == "rclone" else name
        wrapper.write_text(
            f'#!/bin/sh\nbegun=$(date +%s.%N)\n{shlex.quote(str(original))} "$@"\ncode=$?\n'
            f'printf "%s\\t%s\\t%s\\n" "{title}" "$begun" "$(date +%s.%N)" >>{shlex.quote(str(log))}\nexit $code\n'
        )
        wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    options = {
        **project.options,
        "RCLONE_BINARY": str(folder / "rclone"),
        "DATABASE_OPTIONS": {"default": {"BINARY_DIR": str(folder)}},
    }
    return Project(project.database, project.remote, options)


def alternate(runs: Mapping[str, Callable[[], Cost]], rounds: int = ROUNDS) -> dict[str, list[Cost]]:
    """Runs each in every round, to and fro, so that what else happens on the machine hits all alike."""
    costs: dict[str, list[Cost]] = {title: [] for title in runs}
    for number in range(rounds):
        for title in list(runs) if number % 2 == 0 else reversed(list(runs)):
            costs[title].append(runs[title]())
    return costs


def print_ratios(title: str, costs: Mapping[str, Sequence[Cost]]) -> None:
    """Prints each run's time against the first's of the same round."""
    first = next(iter(costs.values()))
    rows = []
    for what, runs in costs.items():
        ratios = [run.seconds / base.seconds for run, base in zip(runs, first, strict=True)]
        rows.append(
            (
                what,
                f"{statistics.median(ratios):.2f}",
                " ".join(f"{ratio:.2f}" for ratio in ratios),
                f"{_median(runs):.1f}",
                f"{statistics.median(run.cpu for run in runs):.1f}",
            )
        )
    print(f"### {title}\n")
    print_table(("what", "ratio", "by round", "seconds", "own CPU s"), rows)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table in Markdown."""
    for row in (header, ["---"] * len(header), *rows):
        print(f"| {' | '.join(row)} |")
    print(flush=True)


def _median(runs: Sequence[Cost]) -> float:
    return statistics.median(run.seconds for run in runs)


def _path() -> str:
    return f"{RCLONE.parent}{os.pathsep}{os.environ['PATH']}"


def _version() -> str:
    rclone = os.popen(f"{shlex.quote(str(RCLONE))} version").readline().strip()
    python = ".".join(str(part) for part in sys.version_info[:3])
    return f"PostgreSQL 17, {rclone}, Python {python}, Django {django.get_version()}"


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
