"""Errors of PostgreSQL's programs: the cases that need more than a table."""

from __future__ import annotations

import pytest

from django_rclone.db.postgresql.errors import archive_explainer, explainer
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, ProgramFailed, VerificationFailed


def test_warnings_are_no_errors() -> None:
    stderr = "psql:<stdin>:9: ERROR:  42P07: the cause\nLOCATION:  x\npsql:<stdin>:10: WARNING:  01007: no privileges"
    assert "the cause" in str(explainer("default", "x")(ProgramFailed("psql", 3, stderr)))


@pytest.mark.parametrize(
    ("stderr", "kind"),
    [
        ("pg_restore: error: could not read from input file: end of file", VerificationFailed),
        ("pg_restore: error: input file does not appear to be a valid archive", VerificationFailed),
        ("pg_restore: error: unsupported version (1.17) in file header", ConfigurationError),
        ("pg_restore: error: input file appears to be a text format dump. Please use psql.", ConfigurationError),
    ],
)
def test_an_archive_that_cannot_be_read_is_damaged_or_unfit(stderr: str, kind: type[DjangoRcloneError]) -> None:
    error = archive_explainer("default")(ProgramFailed("python", 1, f"pg_restore ended with exit code 1: {stderr}"))
    assert type(error) is kind
    assert "Nothing was changed." in str(error)


def test_a_restore_that_has_ended_sessions_does_not_advise_it() -> None:
    failure = ProgramFailed("psql", 3, "psql:/x.sql:50: ERROR:  55P03: canceling statement due to lock timeout")
    message = str(explainer("default", "shop", terminating=True)(failure))
    assert "add --terminate-sessions" not in message
    assert "pg_prepared_xacts" in message
