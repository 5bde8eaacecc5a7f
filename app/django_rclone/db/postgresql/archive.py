"""The table of contents of an archive, as the program ``read_archive`` prints it. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RELATIONS = frozenset({"TABLE", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "FOREIGN TABLE"})
LARGE_OBJECTS = frozenset({"BLOB", "BLOB METADATA", "BLOBS", "BLOB DATA"})
# Entries of these types belong to the entry that they depend on.
PARTS = frozenset(
    {
        *("ACL", "COMMENT", "SECURITY LABEL", "TABLE DATA", "SEQUENCE SET", "SEQUENCE OWNED BY", "TABLE ATTACH"),
        *("INDEX ATTACH", "ROW SECURITY", "STATISTICS DATA", "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA"),
        "USER MAPPING",
    }
)
_CODE = frozenset({"FUNCTION", "PROCEDURE", "AGGREGATE", "OPERATOR", "TYPE", "DOMAIN", "VIEW", "FOREIGN TABLE"})
# These depend on other things too, and their name begins with that of their table.
_PARTS_OF_TABLE = frozenset({"CONSTRAINT", "CHECK CONSTRAINT", "FK CONSTRAINT", "TRIGGER", "RULE", "POLICY", "DEFAULT"})


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """One entry of an archive's table of contents."""

    id: int
    type: str
    schema: str
    name: str
    owner: str
    dependencies: tuple[int, ...]
    details: Mapping[str, Any]

    @property
    def described(self) -> str:
        """The entry as users recognise it."""
        return f"{self.type.lower()} {self.schema}.{self.name}" if self.schema else f"{self.type.lower()} {self.name}"

    @property
    def statements(self) -> list[tuple[str, list[str]]]:
        """The statements of an entry about privileges, each with the roles that it names."""
        return [(text, roles) for text, roles in self.details.get("statements", ())]

    @property
    def statement(self) -> str:
        """The statement that creates the extension, or fills the materialized view; empty for other entries."""
        return str(self.details.get("statement", ""))

    @property
    def script(self) -> str:
        """The statements of an index, or of something that belongs to one, that may have to come last; else empty."""
        return str(self.details.get("script", ""))

    @property
    def signature(self) -> str:
        """The function as ALTER FUNCTION names it, where its search path could be changed; else empty."""
        return str(self.details.get("signature", ""))

    @property
    def extension_schema(self) -> str:
        """The schema that the extension goes into; empty for other entries."""
        return str(self.details.get("schema", ""))

    @property
    def large_objects(self) -> int:
        """The number of large objects that the entry creates: ``16400`` or, from 17 on, ``16400..16402``."""
        if self.type not in ("BLOB", "BLOB METADATA"):
            return 0
        first, _, last = self.name.partition("..")
        return int(last) - int(first) + 1 if first.isdigit() and last.isdigit() else 1

    def is_part_of(self, other: ArchiveEntry) -> bool:
        """Returns whether this entry, which depends on the other one, cannot be restored without it."""
        if self.type in PARTS:
            return True
        if other.type not in RELATIONS or other.schema != self.schema:
            return False
        if self.type == "MATERIALIZED VIEW DATA":
            return self.name == other.name
        return self.type == "INDEX" or (self.type in _PARTS_OF_TABLE and self.name.startswith(f"{other.name} "))


@dataclass(frozen=True, slots=True)
class Archive:
    """The contents of an archive."""

    server_version: str
    client_version: str
    encoding: str
    """Python's name of its encoding."""
    entries: tuple[ArchiveEntry, ...]

    @property
    def main_owner(self) -> str:
        """The role that owns most entries; empty if none has an owner."""
        counted = Counter(entry.owner for entry in self.entries if entry.owner)
        return counted.most_common(1)[0][0] if counted else ""

    def owners_in(self, schema: str) -> set[str]:
        """Returns the roles that own functions, operators, types or views in a schema."""
        return {entry.owner for entry in self.entries if entry.schema == schema and entry.type in _CODE} - {""}

    @property
    def major(self) -> int:
        """Major version of the server that the archive comes from; 0 if it is not known."""
        digits = self.server_version.partition(".")[0]
        return int(digits) if digits.isdigit() else 0


def parse(contents: str) -> Archive:
    """Returns the archive that ``read_archive`` described."""
    document = json.loads(contents)
    entries = (
        ArchiveEntry(id_, type_, schema, name, owner, tuple(dependencies), details)
        for id_, type_, schema, name, owner, dependencies, details in document["entries"]
    )
    return Archive(document["server_version"], document["client_version"], document["encoding"], tuple(entries))
