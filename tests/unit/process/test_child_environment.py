"""A program gets only the environment variables that it needs."""

from __future__ import annotations

import sys

import pytest

from django_rclone.command import Command
from django_rclone.process import run

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def test_a_program_sees_nothing_of_our_environment_that_was_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SECRET_KEY", "canary")
    monkeypatch.setenv("PGPASSWORD", "canary")
    monkeypatch.setenv("PGHOST", "db")
    monkeypatch.setenv("RCLONE_BWLIMIT", "10M")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    command = Command(
        (sys.executable, "-c", "import os; print(sorted(os.environ))"), env={"OWN": "1"}, inherit=("PG*T",)
    )
    # See tests/support/measured.py.
    seen = {name for name in eval(run(command)) if not name.startswith(("COVERAGE_", "GOGC"))}
    assert {"PGHOST", "LC_ALL", "OWN", "PATH"} <= seen
    common = {"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LD_LIBRARY_PATH", "LANG", "LANGUAGE", "TZ", "TZDIR"}
    common |= {"SSL_CERT_FILE", "SSL_CERT_DIR", "PGHOST", "OWN"}
    assert {name for name in seen if not name.startswith("LC_")} <= common
