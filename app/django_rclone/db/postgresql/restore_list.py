"""The entries of an archive that are restored, as ``pg_restore -L`` reads them."""

from __future__ import annotations

from dataclasses import dataclass, field

from django_rclone.db.postgresql.extensions import Extensions
from django_rclone.db.postgresql.toc import PARTS, Entry


@dataclass(slots=True)
class RestoreList:
    """What will be restored."""

    extensions: Extensions
    entries: list[Entry] = field(default_factory=list)
    keep_owners: bool = False
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Why it cannot work, one sentence or two each."""
    schemas: list[str] = field(default_factory=list)
    """All that the archive names."""
    final_statements: list[str] = field(default_factory=list)
    """Statements of entries that could not be taken whole, to be run at the end."""
    extension_data: list[Entry] = field(default_factory=list)
    """Contents of extensions' own tables and sequences that we have no right to write."""
    grants_by_administrator: list[str] = field(default_factory=list)
    """Privileges on what belongs to extensions, or to who made them."""

    @property
    def listing(self) -> bytes:
        """The list as ``pg_restore -L`` wants it."""
        return "".join(f"{entry.id};\n" for entry in self.entries).encode()

    @property
    def schemas_to_fill(self) -> set[str]:
        """The schemas in which something is created."""
        return {entry.schema for entry in self.entries if entry.type not in PARTS} - {""}
