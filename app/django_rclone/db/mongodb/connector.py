"""MongoDB: mongodump's archive, loaded into staged collections that replace the live ones in a journalled swap."""

from __future__ import annotations

import copy
import dataclasses
import importlib.util
import json
import shlex
from functools import cached_property

from django_rclone import setting_names
from django_rclone.command import Command
from django_rclone.db.base import BaseConnector, Dump, Facts, Mode, ReadCheck, RestorePlan, Scratch
from django_rclone.db.client_programs import Client
from django_rclone.db.fingerprint_programs import fingerprint_command
from django_rclone.db.mongodb import archive as mongodb_archive
from django_rclone.db.mongodb import facts as mongodb_facts
from django_rclone.db.mongodb import probe_output
from django_rclone.db.mongodb.clients import newest_client
from django_rclone.db.mongodb.commands import Commands
from django_rclone.db.mongodb.connection import Connection, connection
from django_rclone.db.mongodb.names import LONGEST_DATABASE, PREFIX
from django_rclone.db.mongodb.restore import plan
from django_rclone.db.scratch_names import scratch_name
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Locked, ProgramFailed
from django_rclone.layout.manifest import Manifest

_INCONSISTENT = (
    "mongodump reads one collection after another: the backup is not one moment of the database (consistency: none in "
    "its manifest)."
)


class MongoDumpConnector(BaseConnector):
    """MongoDB through ``mongodump``, ``mongorestore`` and, for the rest, pymongo.

    DATABASE_OPTIONS: ``BINARY_DIR`` (where the tools are).
    """

    option_names = frozenset({"BINARY_DIR"})

    @property
    def engine(self) -> str:
        return "mongodb"

    @property
    def name(self) -> str:
        return self.connection.database

    @cached_property
    def connection(self) -> Connection:
        """The connection that Django would make. Raises ConfigurationError for settings that name no database."""
        return connection(self.alias, self.settings)

    @property
    def _commands(self) -> Commands:
        return Commands(self.alias, self.connection)

    def _client(self) -> Client:
        return newest_client(self.alias, self._binary_dir)

    def check(self) -> list[str]:
        # Building the connection is the check.
        return [*self.unknown_options(), *self.problems_of(lambda: self.connection)]

    def hindrances(self) -> list[str]:
        found = self.problems_of(self._client)
        if importlib.util.find_spec("pymongo") is None:
            found.append("pymongo is not installed here. Install it: pip install 'django-rclone[mongodb]'")
        return found

    def probe(self) -> Command:
        return self._commands.program_on_database("probe", "")

    def facts(self, output: str) -> Facts:
        return probe_output.parse(output)

    def unfinished(self, facts: Facts) -> tuple[Command, ...]:
        live = mongodb_facts.live(facts)
        if live.restore is not None and live.restore.alive:
            if live.restore.swapping:  # a dump would mix old and restored collections
                raise Locked(f'Database "{self.alias}": {live.restore.described}')
            return ()
        if live.restore is None and not live.staged:
            return ()
        return (self._commands.program_on_database("restore_steps", "finish"),)

    def restore_hindrances(self, facts: Facts) -> list[str]:
        if lacking := mongodb_facts.live(facts).lacking_to_restore:
            return [f"the role may not {', '.join(lacking)} here. Grant it readWrite on the database {self.name}."]
        return []

    def dump(self, facts: Facts) -> Dump:
        live, location = mongodb_facts.live(facts), self.connection.location
        if not facts.tables and not live.others:
            # In MongoDB an empty database does not exist: a mistyped NAME looks the same.
            name = setting_names.current().connection("NAME")
            raise ConfigurationError(
                f'Database "{self.alias}": {location} does not exist, or is empty. Correct {name}, run migrate, or '
                "restore a backup."
            )
        if foreign := live.foreign:
            raise ConfigurationError(
                f'Database "{self.alias}": the collection {foreign[0]} has a name that begins with {PREFIX}, as '
                "those of a running restore do: it would be missing in the backup. Rename it."
            )
        client = self._client()
        return Dump(
            command=self._commands.tool(
                client, "mongodump", "--archive", f"--db={self.name}", f"--excludeCollectionsWithPrefix={PREFIX}"
            ),
            extension="archive",
            format="archive",
            client=f"mongodump {client.version}",
            consistency="none",
            notes=(_INCONSISTENT,),
        )

    def contents(self, manifest: Manifest) -> Command | None:  # noqa: ARG002 - old archives are read as ours are
        return self._commands.program("read_archive", nothing_changed=True)

    def read_check(self, manifest: Manifest) -> ReadCheck:  # noqa: ARG002 - the same for all archives
        # mongorestore connects to a server even with --dryRun.
        return ReadCheck((self._commands.program("check_archive", nothing_changed=True),))

    def restore(self, facts: Facts, manifest: Manifest, mode: Mode, contents: str = "") -> RestorePlan:
        archive = mongodb_archive.parse(contents, (manifest.name, self.name))
        where = self.connection.to_database(mode.into) if mode.into else self.connection
        return plan(Commands(self.alias, where), self._client(), facts, mode, archive)

    def fingerprint(self, manifest: Manifest) -> tuple[Command, ...] | None:
        return (fingerprint_command(self.alias, "mongodb", manifest.name, self.name),)

    def scratch(self, owner: str, token: str, size: int) -> Scratch:  # noqa: ARG002 - the server has the space
        name = scratch_name(self.name, owner, token, LONGEST_DATABASE)
        restored = copy.copy(self)
        restored.connection = self.connection.to_database(name)
        commands = Commands(self.alias, restored.connection)
        return Scratch(
            server=self,
            into=name,
            restored=restored,
            where=restored.connection.location,
            sweep=self._explained(commands.program_on_database("scratch", "sweep", owner)),
            claim=self._explained(commands.program_on_database("scratch", "claim")),
            drop=commands.program_on_database("scratch", "drop"),
        )

    def _explained(self, command: Command) -> Command:
        """Returns the command with an error for a role that may not create scratch databases."""

        def explain(failure: ProgramFailed) -> DjangoRcloneError:
            if "(code 13)" not in failure.stderr:
                return command.explain(failure)
            roles = '[{role: "readWriteAnyDatabase", db: "admin"}]'
            return ConfigurationError(
                f'Database "{self.alias}": the role may not create the scratch database of a drill. As an '
                f"administrator, run: db.grantRolesToUser({json.dumps(self.connection.user)}, {roles}); or set "
                f"{setting_names.current().setting('DRILL_DATABASE')} to an empty server for drills."
            )

        return dataclasses.replace(command, explain=explain)

    def restore_by_hand(self, object_command: str) -> str:
        # The tool may ask for a password on stdin, so the archive comes another way.
        words = (
            "--uri",
            self.connection.uri_without_password,
            f"--nsFrom={self.name}.*",
            "--nsTo=restored.*",
            "--stopOnError",
        )
        return f"{shlex.join(['mongorestore', *words])} --archive=<({object_command})"
