"""Names of settings and commands in messages: those of the Django app, unless another program sets different ones.

A message is written once and shown with the running program's names: ``vocabulary.current().setting("PROJECT")`` is
``PROJECT`` in a management command and ``BACKUP_PROJECT`` in the sidecar. Never call ``current`` at import.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

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
]
"""A key of ``DJANGO_RCLONE``. ``conf.SETTINGS`` describes each."""


class Vocabulary:
    """Names for users of the Django app. Subclasses replace the names that differ in other programs."""

    dictionary = "DJANGO_RCLONE"
    """Name of the setting that contains all others."""
    remote_example = 'Set it to where backups go, for instance DJANGO_RCLONE = {"REMOTE": "s3:bucket/site"}.'
    in_database_options = ""
    """Text that follows advice to change a database's option (``Set FORMAT to "file"``)."""
    separate_mirrors = "Set PROJECT, or another MEDIA_BACKUP_DIR."
    is_project_right = "Is PROJECT right?"
    list_command = "`listbackups`"
    prune_command = "backupprune"
    traceback = "See it whole with --traceback."

    def setting(self, key: Key) -> str:
        """Returns the name of a setting for use in a sentence."""
        return key

    def item(self, key: Key) -> str:
        """Returns the full name of a setting, as written in the project."""
        return f'{self.dictionary}["{key}"]'

    def connection(self, keys: str) -> str:
        """Returns the names of settings of a database's connection, for instance ``HOST and PORT``."""
        return keys

    def find_program(self, setting: Literal["RCLONE_BINARY", "BINARY_DIR"]) -> str:
        """Returns advice for a program that is not found, other than to install it."""
        return f"set {setting}"

    def media_backup(self, option: str) -> str:
        """Returns the name of an option of the command that backs up media files."""
        return option


class _Current:
    vocabulary = Vocabulary()


def current() -> Vocabulary:
    """Returns the names that this program's messages use."""
    return _Current.vocabulary


@contextmanager
def using(vocabulary: Vocabulary) -> Iterator[None]:
    """Uses these names in all messages of this process, in every thread, until the end of the block."""
    before = _Current.vocabulary
    _Current.vocabulary = vocabulary
    try:
        yield
    finally:
        _Current.vocabulary = before


class _Values(dict[str, str]):
    def __missing__(self, keys: str) -> str:
        if not keys[:1].isupper():
            raise KeyError(keys)
        return current().connection(keys)


def filled(sentence: str, **values: str) -> str:
    """Returns a sentence with its values. Capitals in braces are settings of a connection: ``{HOST and PORT}``."""
    return sentence.format_map(_Values(values, in_database_options=current().in_database_options))


_MARK = re.compile(r"\x02(\w+)(?: ([^\x03]*))?\x03")
_NAMES = frozenset(name for name in vars(Vocabulary) if not name.startswith("_"))


class Marks(Vocabulary):
    """Marks instead of names, for django-rclone's helper programs. The caller inserts the names with ``replaced``."""

    def __getattribute__(self, name: str) -> Any:
        if name not in _NAMES:
            return super().__getattribute__(name)
        if callable(getattr(Vocabulary, name)):
            return lambda argument: f"\x02{name} {argument}\x03"
        return f"\x02{name}\x03"


def replaced(text: str) -> str:
    """Returns a helper program's message with the marks replaced by this program's names."""
    return _MARK.sub(_name, text)


def _name(mark: re.Match[str]) -> str:
    name, argument = mark.groups()
    found = getattr(current(), name) if name in _NAMES else None
    if callable(found):
        return mark[0] if argument is None else str(found(argument))
    return mark[0] if found is None else str(found)
