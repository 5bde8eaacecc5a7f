"""Chooses the entries of an archive that can be restored here, and notes what will not be exact. Pure.

What an ordinary role can neither drop nor create stays as it is in the live database, and its entries are left out:
restoring them would be an error, which ends the restore.
"""

from __future__ import annotations

from collections.abc import Iterable

from django_rclone.db.postgresql.archive import LARGE_OBJECTS, Archive, ArchiveEntry
from django_rclone.db.postgresql.extensions import plan_extensions, table_of_extension
from django_rclone.db.postgresql.facts import LiveDatabase
from django_rclone.db.postgresql.materialized_views import refresh_last
from django_rclone.db.postgresql.owners import (
    keeps_owners,
    large_object_problems,
    missing_role_notes,
    owner_notes,
    policy_problems,
)
from django_rclone.db.postgresql.restore_list import RestoreList
from django_rclone.display import enumerate_some

_BY_SUPERUSER = {
    "EVENT TRIGGER": "event triggers",
    "FOREIGN DATA WRAPPER": "foreign-data wrappers",
    "PROCEDURAL LANGUAGE": "languages",
    "ACCESS METHOD": "access methods",
    "TEXT SEARCH PARSER": "text search parsers",
    "TEXT SEARCH TEMPLATE": "text search templates",
    "OPERATOR CLASS": "operator classes",
    "OPERATOR FAMILY": "operator families",
    "PUBLICATION TABLES IN SCHEMA": "publications of whole schemas",
}


def choose(archive: Archive, live: LiveDatabase, administrator: bool = False, database: str = "") -> RestoreList:
    """Returns the entries to restore into the database of this name. ``administrator``: whether an administrator
    creates extensions."""
    chosen = _Chooser(archive, live, administrator).choose()
    refresh_last(chosen, live, database)
    return chosen


class _Chooser:
    def __init__(self, archive: Archive, live: LiveDatabase, administrator: bool) -> None:
        self.archive = archive
        self.live = live
        self.administrator = administrator
        self.extensions = plan_extensions(archive, live, administrator)
        self.restore_list = RestoreList(self.extensions, keep_owners=keeps_owners(archive, live))
        self.restore_list.problems += self.extensions.problems
        self.restore_list.schemas += [entry.name for entry in archive.entries if entry.type == "SCHEMA"]
        self.types = {entry.id: entry.type for entry in archive.entries}
        self.ids = set(self.types)
        self.sequences = {(entry.schema, entry.name) for entry in archive.entries if entry.type == "SEQUENCE"}
        self.left_out: dict[int, ArchiveEntry] = {}
        self.moved_to_end: set[int] = set()
        self.missing_roles: set[str] = set()

    def choose(self) -> RestoreList:
        reasons: dict[str, list[str]] = {}
        for entry in self.archive.entries:
            reason = self._reason_to_omit(entry)
            if reason is None:
                self.restore_list.entries.append(entry)
                continue
            # Entries that depend on privileges are other privileges, which are restored nevertheless. Entries about a
            # schema of this role apply to the existing schema.
            if entry.type != "ACL" and not self._is_own_schema(entry):
                self.left_out[entry.id] = entry
            if reason:
                reasons.setdefault(reason, []).append(entry.described)
            if reason or not self.restore_list.left_out.isdisjoint(self._owners(entry)):
                self.restore_list.left_out.add(entry.id)
        self.restore_list.notes += [f"{reason}: {enumerate_some(names)}." for reason, names in reasons.items()]
        self._check_owners()
        return self.restore_list

    def _owners(self, entry: ArchiveEntry) -> set[int]:
        """Returns the ids of the entries that were left out and that the entry is a part of."""
        left_out = (self.left_out[number] for number in entry.dependencies if number in self.left_out)
        return {other.id for other in left_out if entry.is_part_of(other)}

    def _check_owners(self) -> None:
        restore_list, live = self.restore_list, self.live
        restore_list.notes += missing_role_notes(self.missing_roles)
        ours = [*restore_list.entries, *(entry for entry in self.archive.entries if self._is_own_schema(entry))]
        if not restore_list.keep_owners:
            owners = {entry.owner for entry in ours if entry.owner and entry not in restore_list.extension_data}
            restore_list.notes += owner_notes(live, owners)
        restore_list.problems += policy_problems(self.archive, live)
        restore_list.problems += large_object_problems(live, self.left_out.values())

    def _reason_to_omit(self, entry: ArchiveEntry) -> str | None:
        """Returns None for an entry that is restored, else the beginning of a note, or an empty string for no note."""
        if entry.type.startswith("SUBSCRIPTION"):
            return "Subscriptions belong to the server and are left as they are"
        if left_out := [self.left_out[number] for number in entry.dependencies if number in self.left_out]:
            if entry.type == "ACL" and any(self._is_of_other_role(other) for other in left_out):
                return self._leave_to_administrator(entry)
            if any(entry.is_part_of(other) for other in left_out):
                return ""
        if (entry.type, entry.schema, entry.name) in self.live.staying:
            return "Left as it is, because this role may not replace it, or an event trigger of another role needs it"
        if entry.type == "SCHEMA" and self._schema_is_there(entry.name):
            return ""
        if not self.live.superuser and (reason := self._reason_for_ordinary_role(entry)) is not None:
            return reason
        return self._reason_for_privileges(entry) if entry.type in ("ACL", "DEFAULT ACL") else None

    def _reason_for_ordinary_role(self, entry: ArchiveEntry) -> str | None:
        live = self.live
        if self._is_of_extension(entry):
            return self._reason_of_extension(entry)
        if entry.type == "COMMENT" and entry.name.startswith("EXTENSION "):
            name = entry.name.removeprefix("EXTENSION ").strip('"')
            created_first = {extension.name for extension in self.extensions.created_first}
            return "" if name in created_first or not live.extensions.get(name, True) else None
        if entry.type in ("CAST", "TRANSFORM") and not self._is_of_own_type(entry):
            return "" if entry.name in live.casts else "Left out, because only a superuser can make it"
        if entry.type in _BY_SUPERUSER:
            there = entry.name in live.event_triggers if entry.type == "EVENT TRIGGER" else False
            return "" if there else f"Left out, because only a superuser can make {_BY_SUPERUSER[entry.type]}"
        if entry.type == "PUBLICATION" and (entry.name in live.publications or entry.details.get("all_tables")):
            return "Publications of other roles, or of all tables, are left as they are"
        if entry.type == "SERVER" and entry.name in live.servers:
            return "Foreign servers of other roles are left as they are"
        if entry.type in ("FUNCTION", "PROCEDURE") and _is_untrusted(str(entry.details.get("language", ""))):
            return "Left out, because only a superuser can make functions in this language"
        if entry.type in LARGE_OBJECTS and entry.owner in live.large_object_owners:
            return "Large objects of other roles are left as they are"
        return None

    def _is_of_own_type(self, entry: ArchiveEntry) -> bool:
        """Returns whether a cast is for a type in the archive: its owner may create it."""
        return any(self.types.get(number) in ("TYPE", "DOMAIN", "TABLE", "SHELL TYPE") for number in entry.dependencies)

    def _schema_is_there(self, name: str) -> bool:
        """Returns whether a schema is not dropped, or is created before."""
        schemas = [schema for schema in self.live.schemas if schema.name == name]
        if any(schema.of_extension or not schema.ours for schema in schemas):
            return True
        # "public" is there in every new database; a superuser may give it back to its owner.
        if name == "public" and not self.live.superuser:
            return True
        created_first = {extension.extension_schema for extension in self.extensions.created_first}
        if self.live.is_new_database:
            created_first.update(self.extensions.schemas)
        return name in created_first or any(schema == name for _, schema, _ in self.live.staying)

    def _is_own_schema(self, entry: ArchiveEntry) -> bool:
        """Returns whether the entry is a schema that will already exist and belong to this role."""
        ours = {schema.name for schema in self.live.schemas if schema.ours}
        return entry.type == "SCHEMA" and (
            entry.name in ours or self.extensions.schemas.get(entry.name) == self.live.role
        )

    def _is_of_other_role(self, entry: ArchiveEntry) -> bool:
        """Returns whether the entry is a schema that the administrator creates for another role."""
        return entry.type == "SCHEMA" and self.extensions.schemas.get(entry.name, self.live.role) != self.live.role

    def _is_of_extension(self, entry: ArchiveEntry) -> bool:
        """Returns whether the entry is about a member of an extension that is not in the archive."""
        if entry.type == "TABLE DATA":
            return not entry.schema
        if entry.type == "SEQUENCE SET":
            return (entry.schema, entry.name) not in self.sequences
        if entry.type == "ACL" and not entry.name.startswith("SCHEMA "):
            return bool(entry.dependencies) and self.ids.isdisjoint(entry.dependencies)
        return False

    def _reason_of_extension(self, entry: ArchiveEntry) -> str | None:
        if entry.type == "ACL":
            left = "Privileges on what belongs to extensions are left as they are"
            return self._leave_to_administrator(entry) if self.administrator else left
        if not self.live.missing_privileges(*table_of_extension(entry)):
            return None
        if self.administrator:
            self.restore_list.extension_data.append(entry)
            return None
        return "Left as it is, because this role may not write what belongs to an extension"

    def _leave_to_administrator(self, entry: ArchiveEntry) -> str:
        known = [text for text, roles in entry.statements if self._roles_exist(roles)]
        self.restore_list.grants_by_administrator += [text for text in known if text.startswith(("GRANT ", "REVOKE "))]
        return ""

    def _reason_for_privileges(self, entry: ArchiveEntry) -> str | None:
        """Returns None to restore the entry, or moves those of its statements that work here to the end."""
        unknown = {role for _, roles in entry.statements for role in roles} - set(self.live.roles)
        self.missing_roles |= unknown
        if entry.type == "DEFAULT ACL" and not self.live.superuser and entry.owner not in self.live.own_roles:
            return "" if entry.owner in unknown else "Default privileges that other roles have set are left as they are"
        by_others = any(text.startswith("SET SESSION AUTHORIZATION ") for text, _ in entry.statements)
        # Privileges on columns come after those on their table, whose REVOKE would remove them.
        depends_on_moved = not self.moved_to_end.isdisjoint(entry.dependencies)
        if not unknown and not depends_on_moved and (self.live.superuser or not by_others):
            return None
        self.moved_to_end.add(entry.id)
        self.restore_list.final_statements += [
            text
            for text, roles in entry.statements
            if text.startswith(("GRANT ", "REVOKE ", "ALTER ")) and self._roles_exist(roles)
        ]
        return ""

    def _roles_exist(self, roles: Iterable[str]) -> bool:
        return set(roles) <= set(self.live.roles)


def _is_untrusted(language: str) -> bool:
    # The names of untrusted languages end so by convention: plpython3u, plperlu.
    return language in ("c", "internal") or (language.startswith("pl") and language.endswith("u"))
