"""What people read when a program fails."""

from __future__ import annotations

import pytest

from django_rclone.db.postgresql.errors import archive_explainer, explainer
from django_rclone.exceptions import (
    ConfigurationError,
    DjangoRcloneError,
    Locked,
    ProgramFailed,
    Unavailable,
    VerificationFailed,
)

AT = 'connection to server at "db" (10.0.0.1), port 5432 failed: '
RAISED = "psql:/x.sql:9: FEHLER:  22P02: invalid input syntax for type integer: "
CASES = [
    ("psql", 2, f"psql: error: {AT}Connection refused\n\tIs the server running on that host?", Unavailable, "refused"),
    ("psql", 2, f"psql: error: {AT}timeout expired", Unavailable, "timeout expired"),
    ("psql", 2, f"psql: error: {AT}FATAL:  the database system is starting up", Unavailable, "starting up"),
    ("psql", 2, f"psql: error: {AT}FATAL:  sorry, too many clients already", Unavailable, "too many clients"),
    ("psql", 2, 'psql: error: could not translate host name "db" to address: …', Unavailable, "host name"),
    ("psql", 2, f'psql: error: {AT}FATAL:  password authentication failed for user "app"', ConfigurationError, "app"),
    ("psql", 2, f'psql: error: {AT}FATAL:  database "shop" does not exist', ConfigurationError, "Check NAME and USER"),
    ("psql", 2, f'psql: error: {AT}FATAL:  no pg_hba.conf entry for host "x"', ConfigurationError, "pg_hba.conf"),
    ("psql", 2, 'psql: error: definition of service "x" not found', ConfigurationError, "service"),
    (
        "psql",
        3,
        "psql:/x/drop_objects.sql:50: ERROR:  55P03: canceling statement due to lock timeout\nLOCATION:  …",
        DjangoRcloneError,
        "--terminate-sessions",
    ),
    ("psql", 3, f'{RAISED}"DR001: another restore of this database is running"', Locked, "Wait until"),
    ("psql", 3, f'{RAISED}"DR002: view rep."v w", view x"', DjangoRcloneError, 'other roles: view rep."v w", view x.'),
    ("psql", 3, f'{RAISED}"DR003: the database "x" is not empty"', ConfigurationError, "Name a database"),
    (
        "psql",
        3,
        "psql:<stdin>:9: ERROR:  55P03: canceling statement due to lock timeout\n"
        "CONTEXT:  remote SQL command: SELECT i FROM public.t\nLOCATION:  x",
        DjangoRcloneError,
        "leads back into this database, whose tables the restore has locked (SELECT i FROM public.t)",
    ),
    ("psql", 3, "psql:<stdin>:9: ERROR:  53200: out of shared memory", DjangoRcloneError, "max_locks_per_transaction"),
    ("psql", 3, "psql:<stdin>:9: FATAL:  57P01: terminating connection due to …", Unavailable, "Try again later"),
    (
        "psql",
        3,
        "psql:<stdin>:9: ERROR:  42P07: relation exists\nLOCATION:  x",
        DjangoRcloneError,
        "relation exists (SQL",
    ),
    ("psql", -9, "", DjangoRcloneError, "unless the commit was already running"),
    (
        "pg_dump",
        1,
        "pg_dump: error: query failed: ERROR:  permission denied for table t\npg_dump: detail: Query was: LOCK …",
        ConfigurationError,
        "pg_read_all_data",
    ),
    (
        "pg_dump",
        1,
        "pg_dump: error: query failed: ERROR:  canceling statement due to lock timeout",
        DjangoRcloneError,
        "Another session, or a prepared transaction, holds a lock",
    ),
    ("pg_dump", 1, "pg_dump: error: query failed: ERROR:  out of shared memory", DjangoRcloneError, "Raise max_locks"),
    ("pg_dump", 1, "pg_dump: error: server closed the connection unexpectedly", Unavailable, "unexpectedly"),
]


@pytest.mark.parametrize(("program", "code", "stderr", "kind", "part"), CASES)
def test_every_failure_says_what_to_do(
    program: str, code: int, stderr: str, kind: type[DjangoRcloneError], part: str
) -> None:
    error = explainer("default", "shop on db:5432")(ProgramFailed(program, code, stderr))
    assert type(error) is kind
    assert str(error).startswith('Database "default": ')
    assert part in str(error)
    assert "\n" not in str(error)


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


def test_who_ends_sessions_already_is_not_told_to() -> None:
    failure = ProgramFailed("psql", 3, "psql:/x.sql:50: ERROR:  55P03: canceling statement due to lock timeout")
    said = str(explainer("default", "shop", terminating=True)(failure))
    assert "add --terminate-sessions" not in said
    assert "pg_prepared_xacts" in said
