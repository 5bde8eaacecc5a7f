"""Passes two more variables of the tests' environment to the programs that our own code starts.

COVERAGE_*: where a coverage run collects. GOGC: rclone's garbage collector waits, which saves a quarter of the
processor time that rclone takes to start (38 ms instead of 50 ms). Tests of memory set GOGC to Go's default, 100.

Coverage also needs site-packages, without which our scripts for the standard library usually start.
"""

import os

from django_rclone.db import helper_programs
from django_rclone.process import child_environment

child_environment._COMMON = (*child_environment._COMMON, "COVERAGE_*", "GOGC")  # type: ignore[assignment]
os.environ.setdefault("GOGC", "800")
if any(name.startswith("COVERAGE_") for name in os.environ):
    helper_programs.SCRIPT_FLAGS = ("-I",)
