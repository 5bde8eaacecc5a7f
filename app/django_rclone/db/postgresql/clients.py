"""Chooses PostgreSQL's client programs: not older than the server, or than the archive that they read."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django_rclone import process, setting_names
from django_rclone.command import Command
from django_rclone.db import client_programs
from django_rclone.db.client_programs import Client
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, ProgramFailed

FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat and relatives, from postgresql.org
    "/usr/lib/postgresql*/bin",  # SUSE
    "/usr/libexec/postgresql*",  # Alpine
    "/usr/local/pgsql*/bin",
    "/opt/bitnami/postgresql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/opt/homebrew/opt/libpq/bin",
    "/usr/local/opt/libpq/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/Library/PostgreSQL/*/bin",
)


def install() -> str:
    """Returns the advice where the client programs are missing."""
    found = setting_names.current().find_program("BINARY_DIR")
    return f"Install PostgreSQL's client programs (postgresql-client), or {found}."


def available(binary_dir: str) -> list[Client]:
    """Returns the versions of pg_dump that are installed with pg_restore and psql."""
    found = client_programs.find("pg_dump", binary_dir, FOLDERS)
    return [client for client in found if client.has("pg_restore", "psql")]


def newest_client(alias: str, binary_dir: str) -> Client:
    """Returns the newest version. Raises ConfigurationError when there is none."""
    if found := available(binary_dir):
        return max(found, key=lambda client: client.major)
    where = f"in BINARY_DIR ({binary_dir})" if binary_dir else "on this machine"
    raise ConfigurationError(f'Database "{alias}": pg_dump, pg_restore and psql were not found {where}. {install()}')


def for_server(alias: str, binary_dir: str, major: int, server_version: str) -> Client:
    """Returns the version of the server, or the next newer one."""
    return _at_least(alias, binary_dir, major, f"the server ({server_version})", "pg_dump")


def for_archive(alias: str, binary_dir: str, written_by: int, major: int, server_version: str) -> Client:
    """Returns a version that can read what pg_dump of major version ``written_by`` wrote, and restore into the
    server."""
    if written_by > major:
        return _at_least(
            alias, binary_dir, written_by, f"the pg_dump that wrote this backup ({written_by})", "pg_restore"
        )
    return _at_least(alias, binary_dir, major, f"the server ({server_version})", "pg_restore")


def _at_least(alias: str, binary_dir: str, major: int, what: str, program: str) -> Client:
    newest = newest_client(alias, binary_dir)
    if newest.major < major:
        raise ConfigurationError(
            f'Database "{alias}": {program} {newest.major} is older than {what}. '
            f"Install postgresql-client-{major} or {setting_names.current().find_program('BINARY_DIR')}."
        )
    return min((client for client in available(binary_dir) if client.major >= major), key=lambda client: client.major)


def has_zstd(client: Client) -> bool:
    """Returns whether this pg_dump can compress with zstd: since version 16, if it was built with it."""
    return client.major >= 16 and _accepts_zstd(client.path, Path(client.path).stat().st_mtime_ns)


@cache
def _accepts_zstd(pg_dump: str, _changed: int) -> bool:
    # pg_dump checks its options before it connects, so it fails either at the option or at this address. The user is
    # named, because the user of a container may have no name that libpq could use.
    nowhere = "--dbname=host=/nonexistent user=nobody connect_timeout=2"
    command = Command((pg_dump, "--format=custom", "--compress=zstd:3", "--no-password", nowhere), env={"LC_ALL": "C"})
    try:
        process.run(command, timeout=20)
    except ProgramFailed as failure:
        return "/nonexistent" in failure.stderr
    except DjangoRcloneError:
        return False
    return True
