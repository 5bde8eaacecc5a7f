"""The fingerprint of a dump: its schema, and number and hash of the rows of each table.

Two dumps of equal databases have equal fingerprints, whatever the order of their rows. Readers of each format turn a
dump's content into a fingerprint, in memory that does not depend on the number of rows: about 5 KB for each table, and
the text of the schema, of 64 MiB at most.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from django_rclone.display import one_line
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.verification.rows import RowHash, Rows

LARGEST_SCHEMA = 64 << 20
"""Largest text of all definitions, in bytes, like the largest table of contents of a PostgreSQL archive that is
read."""
_OVERHEAD = 100  # bytes of memory for each line and name, about
_EMPTY: Mapping[Any, Any] = MappingProxyType({})


class Identity(NamedTuple):
    """Kind and name of an object of the schema: ``index``, ``shop_order_date``."""

    kind: str
    name: str = ""
    """Empty for the only object of its kind."""

    def __str__(self) -> str:
        return f'{self.kind} "{one_line(self.name)}"' if self.name else self.kind


class Fingerprint(NamedTuple):
    """The fingerprint of a dump."""

    objects: Mapping[Identity, tuple[str, ...]] = _EMPTY
    """The normalised definition of each object, line by line."""
    values: Mapping[Identity, str] = _EMPTY
    """The value of each sequence and setting."""
    rows: Mapping[Identity, Rows] = _EMPTY
    """The rows of each table or collection, also of empty ones where the dump names them. For an identity of kind
    ``table`` or ``collection`` the name is that in ``Manifest.tables``."""
    notes: tuple[str, ...] = ()
    """What is not compared, one sentence each."""

    def to_json(self) -> str:
        """Return the form for another process: ASCII on one line."""
        return json.dumps(
            {
                "objects": [[*identity, list(lines)] for identity, lines in self.objects.items()],
                "values": [[*identity, value] for identity, value in self.values.items()],
                "rows": [[*identity, rows.to_json()] for identity, rows in self.rows.items()],
                "notes": list(self.notes),
            }
        )


def parse(text: str | bytes) -> Fingerprint:
    """Return the fingerprint that ``to_json`` described. Raises DjangoRcloneError if ``text`` is not one."""
    try:
        document = json.loads(text)
        return Fingerprint(
            objects={Identity(kind, name): tuple(lines) for kind, name, lines in document["objects"]},
            values={Identity(kind, name): str(value) for kind, name, value in document["values"]},
            rows={Identity(kind, name): Rows.from_json(rows) for kind, name, rows in document["rows"]},
            notes=tuple(document["notes"]),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise DjangoRcloneError("The fingerprint of a dump cannot be read.") from error


class Builder:
    """Collects a fingerprint while a dump is read. Names and lines may have undecodable bytes as surrogates."""

    def __init__(self) -> None:
        self._objects: dict[Identity, list[str]] = {}
        self._values: dict[Identity, str] = {}
        self._rows: dict[Identity, RowHash] = {}
        self._notes: list[str] = []
        self._size = 0

    def object(self, kind: str, name: str, *lines: str) -> None:
        """Add an object, or more lines to one. Raises DjangoRcloneError if the schema is too large."""
        self._grow(kind, name, *lines)
        self._objects.setdefault(Identity(kind, name), []).extend(lines)

    def value(self, kind: str, name: str, value: str) -> None:
        """Set the value of a sequence or setting."""
        self._grow(kind, name, value)
        self._values[Identity(kind, name)] = value

    def rows(self, kind: str, name: str = "") -> RowHash:
        """Return the rows of a table, to add more to."""
        identity = Identity(kind, name)
        if identity not in self._rows:
            self._grow(kind, name)
            self._rows[identity] = RowHash()
        return self._rows[identity]

    def note(self, sentence: str) -> None:
        """Add a note."""
        self._grow(sentence)
        self._notes.append(sentence)

    def finish(self) -> Fingerprint:
        """Return the fingerprint."""
        return Fingerprint(
            {identity: tuple(lines) for identity, lines in self._objects.items()},
            dict(self._values),
            {identity: rows.finish() for identity, rows in self._rows.items()},
            tuple(self._notes),
        )

    def _grow(self, *texts: str) -> None:
        self._size += sum(len(text) + _OVERHEAD for text in texts)
        if self._size > LARGEST_SCHEMA:
            raise DjangoRcloneError(
                f"the definitions of its schema are larger than {LARGEST_SCHEMA >> 20} MiB, too large to be compared."
            )
