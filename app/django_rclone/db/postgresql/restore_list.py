"""The entries of an archive that are restored, as ``pg_restore -L`` reads them."""

from __future__ import annotations

from dataclasses import dataclass, field

from django_rclone.db.postgresql.archive import PARTS, ArchiveEntry
from django_rclone.db.postgresql.extensions import Extensions
from django_rclone.db.postgresql.facts import LiveDatabase

_WITHOUT_EVENT_TRIGGERS = "SET LOCAL session_replication_role = replica;"


@dataclass(slots=True)
class RestoreList:
    """The entries to restore, and what else the restore has to do."""

    extensions: Extensions
    entries: list[ArchiveEntry] = field(default_factory=list)
    keep_owners: bool = False
    left_out: set[int] = field(default_factory=set)
    """Ids of entries that the restored database will lack, or have from elsewhere; without privileges."""
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Why the restore cannot work, one or two sentences each."""
    schemas: list[str] = field(default_factory=list)
    """All schemas that the archive names."""
    final_statements: list[str] = field(default_factory=list)
    """Statements that run at the end, instead of entries that cannot be restored unchanged."""
    extension_data: list[ArchiveEntry] = field(default_factory=list)
    """Contents of extensions' tables and sequences that this role may not write."""
    grants_by_administrator: list[str] = field(default_factory=list)
    """GRANT and REVOKE statements for objects of extensions, and for schemas of other roles."""

    @property
    def listing(self) -> bytes:
        """The list as ``pg_restore -L`` reads it."""
        return "".join(f"{entry.id};\n" for entry in self.entries).encode()

    @property
    def schemas_to_fill(self) -> set[str]:
        """The schemas in which something is created."""
        return {entry.schema for entry in self.entries if entry.type not in PARTS} - {""}

    def disable_event_triggers(self, live: LiveDatabase) -> None:
        """Makes the final statements begin with one that disables event triggers, if the restore creates any.

        In pg_restore's order, these statements would run before the event triggers exist.
        """
        if live.superuser and any(entry.type == "EVENT TRIGGER" for entry in self.entries):
            others = [statement for statement in self.final_statements if statement != _WITHOUT_EVENT_TRIGGERS]
            self.final_statements = [_WITHOUT_EVENT_TRIGGERS, *others]
