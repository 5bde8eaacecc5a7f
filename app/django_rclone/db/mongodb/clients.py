"""Finds MongoDB's database tools. Any version will do that can read the password from a file."""

from __future__ import annotations

from django_rclone import setting_names
from django_rclone.db import client_programs
from django_rclone.db.client_programs import Client
from django_rclone.exceptions import ConfigurationError

FOLDERS = (
    "/opt/mongodb-database-tools*/bin",
    "/usr/local/mongodb-database-tools*/bin",
    "/opt/homebrew/opt/mongodb-database-tools/bin",
    "/usr/local/opt/mongodb-database-tools/bin",
)
OLDEST_VERSION = (100, 3)
"""The first version with ``--config``."""


def install() -> str:
    """Returns the advice where the tools are missing or too old."""
    found = setting_names.current().find_program("BINARY_DIR")
    return f"Install MongoDB's Database Tools (mongodb-database-tools), or {found}."


def newest_client(alias: str, binary_dir: str) -> Client:
    """Returns the newest mongodump that is installed with mongorestore. Raises ConfigurationError when there is
    none."""
    found = [client for client in client_programs.find("mongodump", binary_dir, FOLDERS) if client.has("mongorestore")]
    if not found:
        where = f"in BINARY_DIR ({binary_dir})" if binary_dir else "on this machine"
        raise ConfigurationError(f'Database "{alias}": mongodump and mongorestore were not found {where}. {install()}')
    newest = max(found, key=_version)
    if _version(newest) < OLDEST_VERSION:
        oldest = ".".join(map(str, OLDEST_VERSION))
        raise ConfigurationError(
            f'Database "{alias}": mongodump {newest.version} is older than {oldest}, the first that can read the '
            f"password from a file. {install()}"
        )
    return newest


def _version(client: Client) -> tuple[int, ...]:
    return tuple(int(part) for part in client.version.split("."))
