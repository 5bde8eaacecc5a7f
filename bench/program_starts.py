"""Prints how long our helper programs take to start: python -m bench.program_starts [ROUNDS]. Most is imports."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from django_rclone.db import helper_programs
from tests.unit.test_starts import PROGRAMS, SCRIPTS, name

ROUNDS = 15


def cost(argv: Sequence[str], rounds: int) -> str:
    """Returns the median of elapsed and the least of processor time, in milliseconds."""
    elapsed, used = [], []
    for _ in range(rounds):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=True)
        elapsed.append(1000 * (time.perf_counter() - start))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return f"{statistics.median(elapsed):6.0f} ms, processor {min(used):4.0f} ms"


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print(f"{'python -c pass':40}{cost((sys.executable, '-P', '-c', 'pass'), rounds)}")
    for path in PROGRAMS:
        if path in SCRIPTS:
            code = f"import sys; sys.path.append({str(path.parent)!r}); import {path.stem}"
            argv = (sys.executable, *helper_programs.SCRIPT_FLAGS, "-c", code)
        else:
            package = ".".join(path.parts[path.parts.index("django_rclone") : -1])
            argv = (sys.executable, "-P", "-c", f"import {package}.{path.stem}")
        print(f"{name(path):40}{cost(argv, rounds)}")
    sidecar = str(Path(sys.executable).with_name("django-rclone"))
    for command in ("--help", "version"):
        print(f"{'django-rclone ' + command:40}{cost((sidecar, command), rounds)}")


if __name__ == "__main__":
    main()
