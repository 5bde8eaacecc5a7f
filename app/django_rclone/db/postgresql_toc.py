"""Chooses the entries of an archive that can be restored into the live database, and says what of it cannot be exact.

Pure: the archive's contents and the facts in, a choice out. What an ordinary role can neither drop nor make stays as
it is in the live database, and its entries are left out; see docs/restore.md for the reasons, one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django_rclone.db.postgresql_facts import Live

_RELATIONS = frozenset({"TABLE", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "FOREIGN TABLE"})
# What these depend on is what they belong to.
_PARTS = frozenset(
    {
        *("ACL", "COMMENT", "SECURITY LABEL", "TABLE DATA", "SEQUENCE SET", "SEQUENCE OWNED BY", "TABLE ATTACH"),
        *("INDEX ATTACH", "ROW SECURITY", "STATISTICS DATA", "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA"),
        "USER MAPPING",
    }
)
# These depend on other things too, and their name begins with that of their table.
_PARTS_OF_TABLE = frozenset({"CONSTRAINT", "CHECK CONSTRAINT", "FK CONSTRAINT", "TRIGGER", "RULE", "POLICY", "DEFAULT"})
_SUPERUSERS = {
    "EVENT TRIGGER": "event triggers",
    "FOREIGN DATA WRAPPER": "foreign-data wrappers",
    "PROCEDURAL LANGUAGE": "languages",
    "ACCESS METHOD": "access methods",
    "OPERATOR CLASS": "operator classes",
    "OPERATOR FAMILY": "operator families",
    "PUBLICATION TABLES IN SCHEMA": "publications of whole schemas",
}
_LARGE_OBJECTS = ("BLOB", "BLOB METADATA", "BLOBS", "BLOB DATA")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an archive's table of contents."""

    id: int
    type: str
    schema: str
    name: str
    owner: str
    dependencies: tuple[int, ...]
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Archive:
    """What an archive holds, as postgresql_contents prints it."""

    server_version: str
    client_version: str
    entries: tuple[Entry, ...]


@dataclass(slots=True)
class Choice:
    """What will be restored."""

    ids: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Why it cannot work, one sentence each."""
    keep_owners: bool = False
    extensions: list[str] = field(default_factory=list)
    """All that the archive names."""
    by_superuser: list[Entry] = field(default_factory=list)
    """The entries of extensions that only a superuser can create, and that are missing."""
    grants: list[str] = field(default_factory=list)
    """Statements of entries that could not be taken whole, to be run at the end."""
    late: set[int] = field(default_factory=set)
    """The entries that these statements come from."""
    extension_rows: list[tuple[str, str]] = field(default_factory=list)
    """Schema and name of extensions' tables that we have rows for but no right to write."""

    @property
    def listing(self) -> bytes:
        """The choice as ``pg_restore -L`` wants it."""
        return "".join(f"{number};\n" for number in self.ids).encode()


def parse(contents: str) -> Archive:
    """Returns the archive that postgresql_contents described."""
    document = json.loads(contents)
    entries = (
        Entry(id_, type_, schema, name, owner, tuple(dependencies), details)
        for id_, type_, schema, name, owner, dependencies, details in document["entries"]
    )
    return Archive(document["server_version"], document["client_version"], tuple(entries))


def choose(archive: Archive, live: Live, administrator: bool = False) -> Choice:
    """Returns what to restore. ``administrator`` tells that somebody will help with extensions beforehand."""
    choice = Choice(keep_owners=_keeps_owners(archive, live))
    _choose_extensions(archive, live, choice)
    left_out: dict[int, Entry] = {}
    reasons: dict[str, list[str]] = {}
    missing_roles: set[str] = set()
    for entry in archive.entries:
        reason = _why_not(entry, live, left_out, choice, administrator)
        if reason is None and entry.type in ("ACL", "DEFAULT ACL"):
            reason = _choose_privileges(entry, live, choice, missing_roles)
        if reason is None:
            choice.ids.append(entry.id)
        else:
            # What hangs on privileges are other privileges, which do not fall with them.
            if entry.type != "ACL":
                left_out[entry.id] = entry
            if reason:
                reasons.setdefault(reason, []).append(_words(entry))
    choice.notes += [f"{reason}: {enumerate_some(names)}." for reason, names in reasons.items()]
    if missing_roles:
        choice.notes.append(
            f"Privileges of roles that do not exist here are left out: {enumerate_some(sorted(missing_roles))}. "
            "Create these roles first to keep them."
        )
    _check_roles(archive, live, choice)
    return choice


def _why_not(
    entry: Entry, live: Live, left_out: Mapping[int, Entry], choice: Choice, administrator: bool
) -> str | None:
    """Returns None for an entry that is restored, else why not: a sentence's beginning, or nothing to be said."""
    if entry.type.startswith("SUBSCRIPTION"):
        return "Subscriptions belong to the server and stay as they are"
    parents = [left_out[number] for number in entry.dependencies if number in left_out]
    if any(_is_part_of(entry, parent) for parent in parents):
        return ""
    if (entry.type, entry.schema, entry.name) in live.staying:
        return "Stays as it is, because this role may not replace it"
    if entry.type == "TABLE DATA" and not entry.schema:
        return _why_not_extension_rows(entry, live, choice, administrator)
    if live.superuser:
        kept = {schema["name"] for schema in live.schemas if schema["of_extension"]}
        return "" if entry.type == "SCHEMA" and entry.name in kept else None
    if entry.type == "SCHEMA" and _schema_stays(entry.name, live, choice):
        return ""
    if entry.type == "COMMENT" and entry.name.startswith("EXTENSION "):
        name = entry.name.removeprefix("EXTENSION ").strip('"')
        theirs = name in live.extensions and not live.extensions[name]
        return "" if theirs or name in {extension.name for extension in choice.by_superuser} else None
    if entry.type in _SUPERUSERS:
        same = entry.name in live.event_triggers
        return "" if same else f"Left out, because only a superuser can make {_SUPERUSERS[entry.type]}"
    if entry.type == "PUBLICATION" and (entry.name in live.publications or entry.details.get("all_tables")):
        return "Publications of other roles, or of all tables, are left as they are"
    if entry.type == "SERVER" and entry.name in live.servers:
        return "Foreign servers of other roles are left as they are"
    if entry.type in ("FUNCTION", "PROCEDURE") and _is_untrusted(str(entry.details.get("language", ""))):
        return "Left out, because only a superuser can make functions in this language"
    if entry.type in _LARGE_OBJECTS and entry.owner in live.large_object_owners:
        return "Large objects of other roles stay as they are"
    return None


def _is_part_of(entry: Entry, parent: Entry) -> bool:
    if entry.type in _PARTS:
        return True
    if parent.type not in _RELATIONS or parent.schema != entry.schema:
        return False
    if entry.type == "MATERIALIZED VIEW DATA":
        return entry.name == parent.name
    return entry.type == "INDEX" or (entry.type in _PARTS_OF_TABLE and entry.name.startswith(f"{parent.name} "))


def _schema_stays(name: str, live: Live, choice: Choice) -> bool:
    by_superuser = {extension.details.get("schema") for extension in choice.by_superuser}
    with_staying = {schema for _, schema, _ in live.staying}
    kept = {schema["name"] for schema in live.schemas if schema["of_extension"] or not schema["ours"]}
    # "public" is there in every new database, and belongs to whom it belongs.
    return name == "public" or name in kept or name in with_staying or name in by_superuser


def _is_untrusted(language: str) -> bool:
    # The names of untrusted languages end so by convention: plpython3u, plperlu.
    return language in ("c", "internal") or (language.endswith("u") and language.startswith("pl"))


def _why_not_extension_rows(entry: Entry, live: Live, choice: Choice, administrator: bool) -> str | None:
    if live.superuser:
        return None
    for table in live.configuration:
        if entry.name == f"{table['schema']} {table['name']}":
            if table["writable"]:
                return None
            break
    if administrator:
        schema, _, name = entry.name.partition(" ")
        choice.extension_rows.append((schema, name))
        return None
    return "Rows of an extension's own table that this role may not write stay as they are"


def _choose_extensions(archive: Archive, live: Live, choice: Choice) -> None:
    for entry in archive.entries:
        if entry.type != "EXTENSION":
            continue
        choice.extensions.append(entry.name)
        if entry.name in live.extensions:
            continue
        if entry.name not in live.available:
            choice.problems.append(
                f'extension "{entry.name}" is not available on this server. Install its package there.'
            )
        elif not live.superuser and not (live.available[entry.name] and live.may_create):
            choice.by_superuser.append(entry)


def _choose_privileges(entry: Entry, live: Live, choice: Choice, missing_roles: set[str]) -> str | None:
    """Takes an entry whole, or keeps those of its statements that work here for the end."""
    statements: list[tuple[str, list[str]]] = entry.details.get("statements", [])
    unknown = {role for _, roles in statements for role in roles} - set(live.roles)
    missing_roles |= unknown
    others = [text for text, _ in statements if text.startswith("SET SESSION AUTHORIZATION ")]
    if entry.type == "DEFAULT ACL" and not live.superuser and entry.owner not in live.own_roles:
        return "" if entry.owner in unknown else "Default privileges that other roles have set stay as they are"
    # Privileges on columns come after those on their table, whose REVOKE would take them along.
    after_late = any(number in choice.late for number in entry.dependencies)
    if not unknown and not after_late and (live.superuser or not others):
        return None
    choice.late.add(entry.id)
    for text, roles in statements:
        if text.startswith(("GRANT ", "REVOKE ", "ALTER ")) and not unknown.intersection(roles):
            choice.grants.append(text)
    return ""


def _keeps_owners(archive: Archive, live: Live) -> bool:
    """Tells whether this role can give everything back to whom it belonged."""
    owners = {
        entry.owner for entry in archive.entries if entry.owner and (entry.type, entry.name) != ("SCHEMA", "public")
    }
    if live.superuser:
        return owners <= set(live.roles)
    # A role that we are a member of, and that may itself create where we do. With several it depends on too much.
    return len(owners) == 1 and owners != {live.role} and owners <= set(live.own_roles) and live.owns_database


def _check_roles(archive: Archive, live: Live, choice: Choice) -> None:
    chosen = set(choice.ids)
    owners = {
        entry.owner for entry in archive.entries if entry.id in chosen and entry.owner and entry.type != "EXTENSION"
    }
    if not choice.keep_owners and (others := owners - {live.role, "pg_database_owner"}):
        choice.notes.append(f'What belonged to {enumerate_some(sorted(others))} will belong to "{live.role}".')
    in_policies = {role for entry in archive.entries for role in entry.details.get("roles", ())}
    if missing := sorted(in_policies - set(live.roles)):
        lines = " ".join(f'CREATE ROLE "{role}" NOLOGIN;' for role in missing)
        choice.problems.append(f"row-level security policies name roles that do not exist here. Create them: {lines}")


def _words(entry: Entry) -> str:
    return " ".join([entry.type.lower(), f"{entry.schema}.{entry.name}" if entry.schema else entry.name])


def enumerate_some(names: Iterable[str], most: int = 5) -> str:
    """Returns the first names, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def relations(archive: Archive) -> Iterator[Entry]:
    """Gives the entries that take locks when they are restored."""
    return (entry for entry in archive.entries if entry.type not in ("ACL", "COMMENT", "TABLE DATA"))
