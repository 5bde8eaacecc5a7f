"""Programs start fast: they import nothing at the start that they may not need.

`python -m bench.program_starts` prints how long each takes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from django_rclone.db import helper_programs
from tests.docs.architecture import APP

PROGRAMS = sorted(APP.glob("django_rclone/db/*/programs/[!_]*.py"))
# To import these takes 10 to 200 ms, and Python itself starts in 10 ms.
SLOW = {
    *("django", "asyncio", "asgiref", "ssl", "http", "email", "importlib.metadata", "importlib.resources", "logging"),
    *("multiprocessing", "concurrent", "tempfile", "argparse", "difflib", "calendar", "zoneinfo", "urllib", "html"),
    *("backports", "compression", "pymongo", "bson", "inspect", "subprocess", "ctypes", "decimal", "unittest"),
}
STARTERS = {"mysql/programs/dump.py", "mysql/programs/probe.py", "mysql/programs/restore_steps.py"} | {
    *("mysql/programs/scratch.py", "mysql/programs/server.py"),
    "postgresql/programs/read_archive.py",
}
"""Those that start programs. A command is a dataclass, which needs ``inspect``."""


def imported(code: str, *flags: str) -> set[str]:
    """Returns the modules that a new Python imports for this code, beyond those that it imports for none."""
    before, after = "import sys; old = set(sys.modules)", "print(*sorted(set(sys.modules) - old))"
    argv = [sys.executable, *flags, "-c", f"{before}\n{code}\n{after}"]
    return set(subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()[-1].split())


def slow(names: set[str]) -> set[str]:
    return {name for name in SLOW if any(f"{found}.".startswith(f"{name}.") for found in names)}


def name(path: Path) -> str:
    return str(path.relative_to(APP / "django_rclone/db"))


@pytest.mark.parametrize("path", PROGRAMS, ids=name)
def test_a_helper_program_imports_nothing_slow(path: Path):
    module = ".".join(path.relative_to(APP).with_suffix("").parts)
    found = imported(f"import {module}")
    assert module in found
    allowed = {"inspect", "subprocess", "ctypes"} if name(path) in STARTERS else set()
    assert slow(found) <= allowed


SCRIPTS = [path for path in PROGRAMS if path.parts[-3:-1] == ("sqlite", "programs") and path.stem != "fingerprint"]


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_a_file_of_the_launcher_finds_what_it_needs_in_its_folder_and_the_standard_library(path: Path):
    imported(f"sys.path.append({str(path.parents[1])!r}); import programs.{path.stem}", *helper_programs.SCRIPT_FLAGS)


def test_the_launcher_runs_main_with_the_arguments_and_ends_as_it_does(tmp_path: Path):
    program = tmp_path / "program.py"
    (tmp_path / "shared.py").write_text("KIND = 'Damaged'\n")
    program.write_text(
        "from .shared import KIND\n\n"
        "def main(arguments):\n    print(arguments)\n    return f'{KIND}: {len(arguments)}'\n"
    )
    argv = helper_programs.script_command(program, "one", "-two", explain=lambda failure: failure).argv
    done = subprocess.run([str(part) for part in argv], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "['one', '-two']\n", "Damaged: 2\n")


def test_a_file_of_the_launcher_never_stands_for_a_module_of_the_standard_library(tmp_path: Path):
    (tmp_path / "json.py").write_text("raise SystemExit('not the module json')\n")
    program = tmp_path / "program.py"
    program.write_text("import json\n\ndef main(arguments):\n    print(json.dumps(arguments))\n")
    argv = helper_programs.script_command(program, explain=lambda failure: failure).argv
    done = subprocess.run([str(part) for part in argv], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_the_usage_of_the_sidecar_needs_neither_django_nor_a_schedule():
    found = imported("from django_rclone_sidecar.cli import main; assert main(['--help']) == 0")
    assert slow(found) & {"django", "asyncio", "ssl", "http", "email", "calendar", "zoneinfo", "backports"} == set()
