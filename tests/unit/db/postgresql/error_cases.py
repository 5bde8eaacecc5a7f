"""Failures of PostgreSQL's client programs, and parts of the errors that users get for them.

Each case: program, exit code, stderr, class of the error, part of its message.
"""

from __future__ import annotations

from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Locked, Unavailable

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
