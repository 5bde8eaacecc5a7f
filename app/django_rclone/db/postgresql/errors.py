"""Error messages for failures of PostgreSQL's programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from django_rclone import setting_names
from django_rclone.command import Explanation
from django_rclone.db.failures import CHOOSE_ANOTHER, NOTHING_CHANGED, for_database
from django_rclone.exceptions import (
    ConfigurationError,
    DjangoRcloneError,
    Locked,
    ProgramFailed,
    Unavailable,
    VerificationFailed,
)

# psql with VERBOSITY=verbose prints: "psql:file:12: ERROR:  55P03: canceling statement due to lock timeout", whatever
# the language; pg_dump has no codes: "pg_dump: error: query failed: ERROR:  canceling statement due to lock timeout".
_CODED = re.compile(r"^(?:psql:.*:\d+: )?\S+:  ([0-9A-Z]{5}): (.*)$", re.MULTILINE)
_PLAIN = re.compile(r"(?:error|ERROR|FATAL):\s+(.*)")

_UNREACHABLE = (
    *(
        "Connection refused",
        "No route to host",
        "Network is unreachable",
        "Host is unreachable",
        "Connection timed out",
    ),
    *("Operation timed out", "timeout expired", "could not translate host name", "Connection reset by peer"),
    *("server closed the connection unexpectedly", "SSL connection has been closed", "could not receive data from"),
    *("could not send data to", "No such file or directory", "Broken pipe", "SSL SYSCALL error"),
    *("the database system is", "terminating connection due to", "too many clients", "remaining connection slots"),
    *("too many connections for", "connection to server was lost", "no COPY in progress"),
)
_MISCONFIGURED = (
    *("password authentication failed", "no password supplied", "authentication failed for", "no pg_hba.conf entry"),
    *("pg_hba.conf rejects", "is not permitted to log in", "permission denied for database", "definition of service"),
    *("invalid connection option", "invalid port number", "invalid integer value", "invalid sslmode", "service file"),
    *("certificate", "server does not support SSL", "private key file", "syntax error in service", "channel binding"),
    *("requires authentication", "authentication method"),
)
# Errors that our own scripts raise by a cast that fails: 'invalid input syntax for type integer: "DR001: …"'.
_FROM_SCRIPT = re.compile(r'"(DR\d{3}): (.*?)"?$')
_DOES_NOT_EXIST = re.compile(r'FATAL:\s+((?:role|database) ".*" does not exist)')
_UNAVAILABLE_CODES = re.compile(r"08...|57P0[1-5]|53300")
_LOCK_CODES = ("55P03", "40P01")
_BLOCKED = (
    "another session holds locks that the restore needs. Stop the application, or add --terminate-sessions. "
    "Nothing was changed."
)

_STILL_BLOCKED = (
    "a session that this role may not end, or a prepared transaction (see pg_prepared_xacts), holds locks that the "
    "restore needs. End it as a superuser, then try again. Nothing was changed."
)
_REMOTE = re.compile(r"remote SQL command: (.*)")


def explainer(alias: str, location: str, *, terminating: bool = False) -> Explanation:
    """Returns the function that explains a failure of a client program on this database.

    ``terminating``: the restore has already ended other sessions.
    """
    return for_database(alias, partial(_explain, location=location, terminating=terminating))


def archive_explainer(alias: str) -> Explanation:
    """Returns the function that explains a failure of a program that only reads an archive."""
    return for_database(alias, _explain_archive)


def query_explainer(alias: str) -> Explanation:
    """Returns the function that explains a failure of a query."""
    return for_database(alias, lambda failure: ConfigurationError(_last_error(failure.stderr)[1] or failure.ending))


def _explain_archive(failure: ProgramFailed) -> DjangoRcloneError:
    reason = failure.last_output.rpartition("error: ")[2].removeprefix(": ") or failure.ending
    if failure.returncode < 0:
        return DjangoRcloneError(f"{failure.program} {failure.ending}. {NOTHING_CHANGED}")
    if "unsupported version" in reason:
        return ConfigurationError(
            f"the pg_restore here is too old for this backup ({reason}). Install a newer postgresql-client, or "
            f"{setting_names.current().find_program('BINARY_DIR')}. {NOTHING_CHANGED}"
        )
    if "text format dump" in reason:
        return ConfigurationError(
            "this is an SQL script, not an archive of pg_dump --format=custom. Load it with psql. " + NOTHING_CHANGED
        )
    return VerificationFailed(
        f"the backup is damaged: pg_restore cannot read it ({reason}). {CHOOSE_ANOTHER} {NOTHING_CHANGED}"
    )


def _explain(failure: ProgramFailed, location: str, terminating: bool) -> DjangoRcloneError:
    kind, text = _meaning(failure, location, terminating)
    return kind(text)


def _meaning(
    failure: ProgramFailed, location: str, terminating: bool
) -> tuple[Callable[[str], DjangoRcloneError], str]:
    stderr = failure.stderr
    code, message = _last_error(stderr)
    if raised := _FROM_SCRIPT.search(message):
        code, message = raised[1], raised[2]
    if code in _BY_CODE:
        kind, text = _BY_CODE[code]
        return kind, text.format(message=message)
    if code in _LOCK_CODES or "due to lock timeout" in stderr or "Failed to lock table" in stderr:
        return DjangoRcloneError, _lock_message(stderr, code, message, terminating)
    if not code and "out of shared memory" in stderr:
        return DjangoRcloneError, (
            f"{message}: the server's lock table is too small for a dump, which locks all tables and sequences. "
            "Raise max_locks_per_transaction, then try again."
        )
    if "permission denied for" in message and failure.program.startswith("pg_dump"):
        return ConfigurationError, (
            f"{message}: a dump reads everything in the database. Grant the role what it lacks, "
            "for instance with GRANT pg_read_all_data (14 and later), or drop what the application does not need."
        )
    if missing := _DOES_NOT_EXIST.search(stderr):
        return (
            ConfigurationError,
            f"{missing[1]} ({location}). Check {setting_names.current().connection('NAME and USER')}.",
        )
    if not code and (line := _line_with(stderr, _MISCONFIGURED)):
        return ConfigurationError, f"{line} ({location}). Check the database's settings."
    if _UNAVAILABLE_CODES.fullmatch(code):
        return Unavailable, f"{message} ({location}). Try again later."
    if line := _line_with(stderr, _UNREACHABLE):
        where = setting_names.current().connection("HOST and PORT")
        return Unavailable, f"{line} ({location}). Try again later, or check {where}."
    if code:
        return DjangoRcloneError, f"{failure.program} {failure.ending}: {message} (SQLSTATE {code}). {_NEXT}"
    # psql ends with 2 when it lost the connection.
    unsure = failure.program == "psql" and (failure.returncode < 0 or failure.returncode == 2)
    return DjangoRcloneError, f"{failure.program} {failure.ending}{failure.last_output}. {_UNSURE if unsure else _NEXT}"


def _lock_message(stderr: str, code: str, message: str, terminating: bool) -> str:
    if remote := _REMOTE.search(stderr):
        return (
            f"{message}: a materialized view reads a foreign table that leads back into this database, whose tables "
            f"the restore has locked ({remote[1]}). Restore with --into. Nothing was changed."
        )
    if not code:
        return (
            f"{message}. Another session, or a prepared transaction, holds a lock on a table. Try again when it ended."
        )
    return f"{message or 'a lock was not granted'}: {_STILL_BLOCKED if terminating else _BLOCKED}"


_NEXT = "Nothing was changed. Remove the cause, then try again."
_UNSURE = "Nothing was changed, unless the commit was already running: check the database before you try again."
_BY_CODE: dict[str, tuple[Callable[[str], DjangoRcloneError], str]] = {
    "DR001": (Locked, "{message}. Wait until it has ended, then try again."),
    "DR002": (
        DjangoRcloneError,
        "the restore would drop or change objects of other roles: {message}. Drop them yourself, or restore as a "
        "superuser, or with --into. Nothing was changed.",
    ),
    "DR003": (ConfigurationError, "{message}. Name a database that is empty or does not exist. Nothing was changed."),
    "53200": (
        DjangoRcloneError,
        "{message}: the server's lock table is too small for a restore in one transaction. Raise "
        "max_locks_per_transaction, or restore with --into. Nothing was changed.",
    ),
    "53100": (DjangoRcloneError, "{message}: the server's disk is full. Make room, then try again."),
    "42P04": (ConfigurationError, "{message}. Choose another name for --into."),
    "25006": (
        ConfigurationError,
        "{message}: the server is a standby, or every transaction is read-only "
        "(default_transaction_read_only). Nothing was changed.",
    ),
}


def _last_error(stderr: str) -> tuple[str, str]:
    """Returns SQLSTATE and text of the last error; the code is empty where the program gives none."""
    if coded := [match for match in _CODED.finditer(stderr) if not match[1].startswith(("00", "01"))]:
        return coded[-1][1], coded[-1][2].strip()
    if plain := _PLAIN.findall(stderr):
        return "", str(plain[-1]).strip()
    return "", ""


def _line_with(stderr: str, patterns: tuple[str, ...]) -> str:
    """Returns the last line that holds one of the patterns, without the program's name; else empty."""
    for line in reversed(stderr.splitlines()):
        if any(pattern in line for pattern in patterns):
            return re.sub(r"^(?:psql|pg_dump|pg_restore): (?:error: )?", "", line.strip())
    return ""
