"""Secrets are passed by file descriptor, and a program inherits no other."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from django_rclone.command import Attached, Command, Secret
from django_rclone.process import run
from tests.unit.process.programs import sh

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def test_a_secret_may_follow_a_flag_and_no_other_user_can_read_it() -> None:
    script = 'echo "$0"; path=${0#--defaults-file=}; stat -L -c %a "$path"; cat "$path"'
    secret = Secret("hunter2", "--defaults-file=")
    argument, mode, content = run(sh(script, secret)).decode().splitlines()
    assert argument.startswith("--defaults-file=/dev/fd/")
    assert (mode, content) == ("600", "hunter2")
    assert str(secret) == "--defaults-file=***"


def test_secrets_travel_by_descriptor_and_never_as_an_argument() -> None:
    script = 'tr "\\0" "\\n" < /proc/$$/cmdline; echo "=="; cat "$0"; echo "=="; cat "$1"'
    arguments, secret, attached = run(sh(script, Secret("hunter2"), Attached(b"host:5432", "a file"))).split(b"==\n")
    assert b"hunter2" not in arguments
    assert b"host:5432" not in arguments
    assert b"/dev/fd/" in arguments
    assert (secret, attached) == (b"hunter2", b"host:5432")


def test_a_program_inherits_no_descriptor_but_its_own() -> None:
    with Path(os.devnull).open("rb") as foreign:
        os.set_inheritable(foreign.fileno(), True)
        listed = run(Command((sys.executable, "-c", "import os; print(os.listdir('/proc/self/fd'))"))).decode()
    assert sorted(int(number) for number in eval(listed)) == [0, 1, 2, 3]  # 3: the listing itself
