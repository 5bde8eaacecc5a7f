"""Failures of a program that prints a fingerprint."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_rclone.db.fingerprint_programs import fingerprint_command
from django_rclone.db.sqlite.connector import SqliteConnector
from django_rclone.exceptions import DjangoRcloneError, ProgramFailed, VerificationFailed
from tests.contract.sqlite_support import manifest


@pytest.mark.parametrize(
    ("line", "kind", "sentence"),
    [
        ("VerificationFailed: its end is missing.", VerificationFailed, "the dump is damaged: its end is missing."),
        (
            "VerificationFailed: the backup is damaged: its end is missing.",
            VerificationFailed,
            "the dump is damaged: its end is missing.",
        ),
        ("DjangoRcloneError: too large.", DjangoRcloneError, "the dump cannot be compared: too large."),
        ("OSError: disk full", DjangoRcloneError, "the dump cannot be compared: OSError: disk full"),
    ],
)
def test_an_error_names_the_database(line: str, kind: type[DjangoRcloneError], sentence: str):
    error = fingerprint_command("default", "mysql").explain(ProgramFailed("python", 1, f"noise\n{line}\n"))
    assert type(error) is kind
    assert str(error) == f'Database "default": {sentence}'


def test_a_killed_program_is_an_error_too():
    error = fingerprint_command("default", "mysql").explain(ProgramFailed("python", -9, ""))
    assert str(error) == 'Database "default": the dump could not be compared: python was killed by signal 9.'


def test_a_database_file_is_staged_next_to_the_database_where_the_next_restore_finds_it(tmp_path: Path):
    connector = SqliteConnector("default", {"NAME": str(tmp_path / "app.sqlite3")})
    programs = connector.fingerprint(manifest(b"", "file"))
    assert programs is not None
    *_rest, form, stage = programs[0].argv
    assert form == "file"
    assert str(stage).startswith(str(tmp_path / ".app.sqlite3.restore-"))
    text = connector.fingerprint(manifest(b"", "sql"))
    assert text is not None
    assert text[0].argv[-1] == "sql"
    assert connector.fingerprint(manifest(b"")) is None
