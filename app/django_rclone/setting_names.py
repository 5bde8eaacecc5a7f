"""Names of settings and commands in messages: those of the Django app, unless another program uses its own.

A message is written once and shown with the running program's names: ``setting_names.current().setting("PROJECT")`` is
``PROJECT`` in a management command and ``BACKUP_PROJECT`` in the sidecar. Never call ``current`` at import.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Literal

type Key = Literal[
    "REMOTE",
    "PROJECT",
    "RCLONE_BINARY",
    "RCLONE_CONFIG",
    "RCLONE_FLAGS",
    "ENCRYPTION_PASSWORD",
    "DB_BACKUP_DIR",
    "DB_FILENAME_TEMPLATE",
    "DB_DATE_FORMAT",
    "DB_CLEANUP_KEEP",
    "RETENTION",
    "MEDIA_BACKUP_DIR",
    "MEDIA_FOLLOW_LINKS",
    "COMPRESSION",
    "TIMEOUT",
    "STALL_TIMEOUT",
    "CONNECTORS",
    "CONNECTOR_MAPPING",
    "DATABASE_OPTIONS",
    "DRILL_DATABASE",
    "DRILL_ASSERTIONS",
]
"""A key of ``DJANGO_RCLONE``. ``conf.SETTINGS`` describes each."""


class SettingNames:
    """Names as users of the Django app know them. Subclasses have the names of other programs."""

    dictionary = "DJANGO_RCLONE"
    """Name of the setting that contains all others."""
    remote_example = 'Set it to where backups go, for instance DJANGO_RCLONE = {"REMOTE": "s3:bucket/site"}.'
    in_database_options = ""
    """End of an advice to set an option of a database (``Set FORMAT to "file"``)."""
    separate_mirrors = "Set PROJECT, or another MEDIA_BACKUP_DIR."
    is_project_right = "Is PROJECT right?"
    list_command = "`listbackups`"
    prune_command = "backupprune"
    traceback = "--traceback shows where."

    def setting(self, key: Key) -> str:
        """Returns the name of a setting for use in a sentence."""
        return key

    def item(self, key: Key) -> str:
        """Returns the full name of a setting, as written in the project."""
        return f'{self.dictionary}["{key}"]'

    def connection(self, keys: str) -> str:
        """Returns the names of a database's connection settings, for instance ``HOST and PORT``."""
        return keys

    def find_program(self, setting: Literal["RCLONE_BINARY", "BINARY_DIR"]) -> str:
        """Returns the advice for a program that is not found, apart from installing it."""
        return f"set {setting}"

    def media_backup(self, option: str) -> str:
        """Returns the name of an option of the command that backs up media files."""
        return option


_CALLER = "DJANGO_RCLONE_SETTING_NAMES"
"""Environment variable of helper programs: the class that the caller uses, as ``module:class``."""


class _Current:
    names = SettingNames()


def current() -> SettingNames:
    """Returns the names that this program's messages use."""
    return _Current.names


@contextmanager
def using(names: SettingNames) -> Iterator[None]:
    """Uses these names in all messages of this process, in every thread, until the end of the block."""
    before = _Current.names
    _Current.names = names
    try:
        yield
    finally:
        _Current.names = before


def for_helper_program() -> dict[str, str]:
    """Returns the environment variable that passes the current names to a helper program."""
    kind = type(current())
    return {_CALLER: f"{kind.__module__}:{kind.__qualname__}"}


def of_caller() -> SettingNames:
    """Returns, in a helper program, the names that its caller uses."""
    module, _, kind = os.environ.get(_CALLER, "").partition(":")
    names: SettingNames = getattr(import_module(module), kind)() if module else SettingNames()
    return names


class _Values(dict[str, str]):
    def __missing__(self, keys: str) -> str:
        if not keys[:1].isupper():
            raise KeyError(keys)
        return current().connection(keys)


def filled(sentence: str, **values: str) -> str:
    """Returns a sentence with its values. Capitals in braces are settings of a connection: ``{HOST and PORT}``."""
    return sentence.format_map(_Values(values, in_database_options=current().in_database_options))
