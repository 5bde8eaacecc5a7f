from __future__ import annotations

import pytest

from django_rclone import exceptions
from django_rclone.exceptions import DjangoRcloneError, Interrupted, ProgramFailed


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(("DjangoRcloneError", 1), ("ConfigurationError", 2), ("PartlyDone", 3), ("Locked", 4)),
        *(("VerificationFailed", 5), ("NothingToRestore", 6), ("Unavailable", 75)),
    ],
)
def test_exit_codes_are_those_of_the_design(name: str, code: int) -> None:
    assert getattr(exceptions, name)("x").exit_code == code


def test_an_interrupted_run_ends_as_shells_expect() -> None:
    assert (Interrupted(2).exit_code, Interrupted(15).exit_code) == (130, 143)
    assert isinstance(Interrupted(2), DjangoRcloneError)


@pytest.mark.parametrize(
    ("code", "stderr", "text"),
    [
        (3, "a\n\n b \nc\nd\n", "pg_dump ended with exit code 3: b | c | d"),
        (1, " \n", "pg_dump ended with exit code 1"),
        (-9, "", "pg_dump was killed by signal 9"),
    ],
)
def test_a_programs_failure_tells_how_and_its_last_words(code: int, stderr: str, text: str) -> None:
    assert str(ProgramFailed("pg_dump", code, stderr)) == text
