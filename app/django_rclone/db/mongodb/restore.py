"""Plans the restore of a MongoDB database: load into staged collections, then replace the live ones."""

from __future__ import annotations

import dataclasses
import json
import re
import secrets
from collections.abc import Iterator

from django_rclone.command import Attached, Command
from django_rclone.db.base import Facts, Mode, RestorePlan
from django_rclone.db.client_programs import Client
from django_rclone.db.mongodb import facts as mongodb_facts
from django_rclone.db.mongodb.archive import Archive
from django_rclone.db.mongodb.commands import Commands
from django_rclone.db.mongodb.facts import LiveDatabase
from django_rclone.db.mongodb.names import staged_prefix
from django_rclone.display import enumerate_some
from django_rclone.exceptions import ConfigurationError, Locked, VerificationFailed

_MAX_NAME = 255
"""Bytes of a collection's name with its database's, https://www.mongodb.com/docs/manual/reference/limits/."""


def plan(commands: Commands, client: Client, facts: Facts, mode: Mode, archive: Archive) -> RestorePlan:
    """Returns the plan. Raises ConfigurationError when the archive cannot be restored here, Locked while another
    restore works on the database."""
    alias, target = commands.alias, commands.connection.database
    live = mongodb_facts.live(facts)
    if live.restore is not None and live.restore.alive and not mode.into:
        raise Locked(f'Database "{alias}": {live.restore.described}')
    if not archive.database:
        names = enumerate_some(archive.databases) or "no database"
        kind = ConfigurationError if archive.databases else VerificationFailed
        raise kind(f'Database "{alias}": the backup holds {names}, and not "{target}". Choose another one.')
    token = secrets.token_hex(4)
    _check_names(alias, target, staged_prefix(token), archive)
    new = ("new",) if mode.into else ()
    return RestorePlan(
        target=commands.connection.location,
        prepare=(commands.program_on_database("restore_steps", "prepare", token, *new, nothing_changed=True),),
        load=(
            _mongorestore(commands, client, live, archive, token),
            commands.program_on_database("restore_steps", "hold-lock", token, nothing_changed=True),
        ),
        commit=(_swap(commands, archive, token),),
        abort=(commands.program_on_database("restore_steps", "abort", token),),
        notes=tuple(_notes(facts, mode, archive)),
    )


def _mongorestore(commands: Commands, client: Client, live: LiveDatabase, archive: Archive, token: str) -> Command:
    source, target = archive.database, commands.connection.database
    only = () if len(archive.databases) == 1 else (f"--nsInclude={_escape_pattern(source)}.*",)
    without = (f"--nsExclude={_escape_pattern(f'{source}.{entry.name}')}" for entry in archive.excluded)
    # Documents may be older than a validation rule that they violate.
    bypass = ("--bypassDocumentValidation",) if live.bypasses_validation else ()
    command = commands.tool(
        client,
        "mongorestore",
        *("--archive", f"--nsFrom={source}.$name$", f"--nsTo={target}.{staged_prefix(token)}$name$", *only, *without),
        # In order: capped collections depend on it. Without --stopOnError it would end with 0 whatever it left out.
        *("--maintainInsertionOrder", "--stopOnError", *bypass),
        nothing_changed=True,
    )
    # It can lose documents and end with 0, but it counts them.
    return dataclasses.replace(command, succeeded=_lost_no_document)


def _lost_no_document(output: str) -> bool:
    return re.search(r"\b0 document\(s\) failed to restore", output) is not None


def _swap(commands: Commands, archive: Archive, token: str) -> Command:
    contents = {
        "collections": [entry.name for entry in archive.collections],
        "views": [{"name": entry.name, "options": entry.options} for entry in archive.views],
    }
    attached = Attached(json.dumps(contents).encode(), "what the backup holds")
    return commands.program_on_database("swap", "", token, attached)


def _escape_pattern(name: str) -> str:
    """Returns a pattern for the tools that matches only this name."""
    return re.sub(r"([\\*])", r"\\\1", name)


def _check_names(alias: str, target: str, prefix: str, archive: Archive) -> None:
    for entry in archive.collections:
        length = len(f"{target}.{prefix}{entry.name}".encode())
        if length > _MAX_NAME:
            raise ConfigurationError(
                f'Database "{alias}": the collection {entry.name} cannot be staged: its name is '
                f"{length - _MAX_NAME} bytes too long for that. Restore it by hand."
            )


def _notes(facts: Facts, mode: Mode, archive: Archive) -> Iterator[str]:
    copied = [entry.name for entry in archive.collections if entry.kind == "timeseries" or entry.name == "system.js"]
    if not mongodb_facts.live(facts).renames_dots:
        dotted = [entry.name for entry in archive.collections if "." in entry.name and entry.name not in copied]
        if dotted:
            yield (
                "This server does not rename collections with a dot in their names. After the load they are copied "
                f"into place, which takes longer: {enumerate_some(dotted)}."
            )
    if copied:
        yield f"These cannot be renamed, and are copied into place: {enumerate_some(copied)}."
    if not mode.into:
        yield (
            "Collections are replaced one after another: stop the application first, or it may briefly see old and "
            "restored ones together."
        )
    if len(archive.databases) > 1:
        yield f"The backup holds {enumerate_some(archive.databases)}; only {archive.database} is restored."
    if mongodb_facts.live(facts).sharded:
        yield "Restored collections are not sharded: shard them again afterwards."
    ours, theirs = (_major(version) for version in (facts.server_version, archive.server_version))
    if theirs > ours > 0:
        yield (
            f"The backup comes from MongoDB {archive.server_version}, this server is {facts.server_version}: if it "
            "uses features of newer servers, the restore fails and changes nothing."
        )
    if mode.terminate_sessions:
        yield "--terminate-sessions has no effect here: no session keeps a collection from being replaced."


def _major(version: str) -> int:
    number = version.partition(".")[0]
    return int(number) if number.isdigit() else 0
