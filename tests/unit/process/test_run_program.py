"""One program: its input, its output and its time limit."""

from __future__ import annotations

import os

import pytest

from django_rclone.exceptions import ProgramFailed, Unavailable
from django_rclone.process import run
from tests.unit.process.programs import MEGABYTE, sh

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def test_a_program_gets_its_input_and_gives_its_output() -> None:
    text = os.urandom(3 * MEGABYTE)
    assert run(sh("cat"), stdin=text) == text


def test_the_failure_of_a_program_has_its_stderr() -> None:
    with pytest.raises(ProgramFailed) as failed:
        run(sh("echo one >&2; echo two >&2; exit 2"))
    assert str(failed.value) == "sh ended with exit code 2: one | two"


def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(Unavailable, match=r"^sh did not end within 0\.2 s\. Last output: thinking$"):
        run(sh("echo thinking >&2; while :; do sleep 600; done"), timeout=0.2)
