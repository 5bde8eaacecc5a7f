"""MySQL and MariaDB: the dump programs' SQL, loaded into a scratch schema and swapped in."""

from __future__ import annotations

import copy
import dataclasses
import json
import secrets
import shlex
from functools import cached_property
from typing import Self

from django_rclone.command import Attached, Command
from django_rclone.db.base import BaseConnector, Dump, Facts, Mode, ReadCheck, RestorePlan, Scratch
from django_rclone.db.fingerprint_programs import fingerprint_command
from django_rclone.db.helper_programs import module_command
from django_rclone.db.mysql import clients, dump_format, dump_preflight, probe_output
from django_rclone.db.mysql import facts as mysql_facts
from django_rclone.db.mysql.connection import Connection, connection
from django_rclone.db.mysql.errors import explainer, program_explainer
from django_rclone.db.mysql.facts import LiveDatabase
from django_rclone.db.mysql.names import drill_scratch
from django_rclone.db.mysql.preflight import restore_problems
from django_rclone.db.mysql.recovery import is_unfinished
from django_rclone.db.mysql.restore import PROGRAMS, RestoreCommands, plan
from django_rclone.db.mysql.session import CLIENT_FLAGS
from django_rclone.db.mysql.session_variables import LOADING, dump_problems
from django_rclone.db.mysql.table_rewrites import CLIENT_LIMIT
from django_rclone.exceptions import ConfigurationError
from django_rclone.layout.manifest import Manifest

_BY_HAND = ("--binary-mode", "--default-character-set=utf8mb4", "--max-allowed-packet=1G")


class MysqlDumpConnector(BaseConnector):
    """MySQL through ``mysqldump`` and ``mysql``, MariaDB through ``mariadb-dump`` and ``mariadb``."""

    option_names = frozenset({"BINARY_DIR"})

    @property
    def engine(self) -> str:
        return "mysql"

    @property
    def name(self) -> str:
        return self.connection.database

    @cached_property
    def connection(self) -> Connection:
        """The connection that Django would make. Raises ConfigurationError if the clients cannot make it."""
        return connection(self.alias, self.settings)

    _is_scratch = False
    """Whether the schema is a drill's, whose events are disabled."""
    _flavour = "mysql"
    """The client's name in command lines for users; ``dump`` sets it to the server's flavour."""

    def check(self) -> list[str]:
        # Building the connection is the check.
        return [*self.unknown_options(), *self.problems_of(lambda: self.connection)]

    def hindrances(self) -> list[str]:
        return self.problems_of(lambda: clients.newest_clients(self.alias, self._binary_dir))

    def probe(self) -> Command:
        return self._program("probe", self.name)

    def _program(self, program: str, schema: str, step: str = "", *extra: str) -> Command:
        """Returns the command for one of our programs that choose the client themselves."""
        installed = {found.flavour: found.client for found in clients.newest_clients(self.alias, self._binary_dir)}
        by_flavour = [
            argument
            for flavour in clients.TITLES
            for argument in (installed.get(flavour, ""), self.connection.option_file(flavour))
        ]
        steps = (step,) if step else ()
        return module_command(
            f"{PROGRAMS}.{program}",
            *(*steps, self.connection.location, schema, *by_flavour, *extra),
            explain=program_explainer(self.alias),
        )

    def facts(self, output: str) -> Facts:
        return probe_output.parse(output)

    def unfinished(self, facts: Facts) -> tuple[Command, ...]:
        live = mysql_facts.live(facts)
        return (self._commands(live).step("finish", ""),) if is_unfinished(live) else ()

    def restore_hindrances(self, facts: Facts) -> list[str]:
        return list(restore_problems(mysql_facts.live(facts), self.name))

    def dump(self, facts: Facts) -> Dump:
        live = mysql_facts.live(facts)
        if found := list(dump_preflight.problems(live, self.name)):
            raise ConfigurationError(f'Database "{self.alias}": {" Also: ".join(found)}')
        client = clients.for_server(self.alias, self._binary_dir, live.flavour, live.version)
        self._flavour = live.flavour
        token = secrets.token_hex(8)
        defaults = f"ALTER DATABASE CHARACTER SET {live.charset} COLLATE {live.collation};\n"
        document = {
            # The dump programs leave out the schema's defaults. Without a name the statement applies to the current
            # schema.
            "head": (dump_format.head(token, live.flavour, live.short_version) + defaults.encode()).decode()
            + LOADING[live.flavour],
            "parts": [
                {"name": part, "mark": dump_format.mark(token, part).decode(), "arguments": arguments}
                for part, arguments in dump_format.parts(live, self.name)
            ],
            "end": dump_format.mark(token, dump_format.END.decode()).decode(),
            "schema": self.name,
            "limit": live.max_packet,
            "variable_problems": list(dump_problems(live.variables, live.names)),
        }
        command = module_command(
            f"{PROGRAMS}.dump",
            *(client.dumper, self.connection.option_file(live.flavour)),
            Attached(json.dumps(document).encode(), "parts"),
            explain=explainer(self.alias, self.connection.location),
        )
        return Dump(
            command,
            extension="sql",
            format="sql",
            client=client.dumper_name,
            consistency="none" if live.without_snapshot else "snapshot",
            notes=tuple(dump_preflight.notes(live, self.name)),
        )

    def read_check(self, manifest: Manifest) -> ReadCheck:
        flavour = clients.flavour_of(manifest.server_version)
        # Which statements a server takes is not a property of the dump.
        arguments = ("check", "", "", flavour, str(CLIENT_LIMIT))
        explain = program_explainer(self.alias)
        return ReadCheck((module_command(f"{PROGRAMS}.split", *arguments, explain=explain),))

    def restore(self, facts: Facts, manifest: Manifest, mode: Mode, contents: str = "") -> RestorePlan:  # noqa: ARG002
        live = mysql_facts.live(facts)
        if manifest.server_version and clients.flavour_of(manifest.server_version) != live.flavour:
            theirs, ours = (
                clients.TITLES[name] for name in (clients.flavour_of(manifest.server_version), live.flavour)
            )
            raise ConfigurationError(
                f'Database "{self.alias}": this is a backup of {theirs} ({manifest.server_version}), and the server is '
                f"{ours} ({live.short_version}): neither loads the other's dumps reliably. Restore it on {theirs}."
            )
        # A drill must not hold the lock of a restore of the live schema.
        commands = (self._with(mode.into) if mode.drill else self)._commands(live)
        planned = plan(commands, live, mode, has_routines_and_events=bool(manifest.id))
        compared = self._fingerprint(manifest, "drill") if mode.drill else None
        return dataclasses.replace(planned, fingerprint=compared)

    def fingerprint(self, manifest: Manifest) -> tuple[Command, ...] | None:
        return self._fingerprint(manifest, *(("drill",) if self._is_scratch else ()))

    def _fingerprint(self, manifest: Manifest, *drill: str) -> tuple[Command, ...] | None:
        if not manifest.id:  # django-rclone 0.4 wrote values in another way
            return None
        return (fingerprint_command(self.alias, "mysql", clients.flavour_of(manifest.server_version), *drill),)

    def _with(self, schema: str) -> Self:
        """Returns the connector of a drill's scratch schema on the same server."""
        scratch = copy.copy(self)
        scratch.connection = self.connection.to_database(schema)
        scratch._is_scratch = True
        return scratch

    def scratch(self, owner: str, token: str, size: int) -> Scratch:  # noqa: ARG002 - the server has the space
        name = drill_scratch(self.name, owner, token)
        restored = self._with(name)
        return Scratch(
            server=self,
            into=name,
            restored=restored,
            where=restored.connection.location,
            sweep=self._program("scratch", name, "sweep"),
            claim=self._program("scratch", name, "claim"),
            drop=self._program("scratch", name, "drop"),
        )

    def prints_alike(self, version: str, other: str) -> bool:
        return clients.numbers(version)[:2] == clients.numbers(other)[:2]

    def query(self, sql: str) -> Command:
        return self._program("scratch", self.name, "query", sql)

    def restore_by_hand(self, object_command: str) -> str:
        flags = ("--host", "host"), ("--port", "port"), ("--socket", "socket"), ("--user", "user")
        where = [f"{flag}={value}" for flag, key in flags if (value := self.connection.parameters.get(key))]
        client = shlex.join([self._flavour, *where])
        load = shlex.join([*(flag for flag in CLIENT_FLAGS if flag in _BY_HAND), "restored"])
        return f"{client} --execute='CREATE DATABASE restored' && {object_command} | {client} {load}"

    def _commands(self, live: LiveDatabase) -> RestoreCommands:
        client = clients.for_server(self.alias, self._binary_dir, live.flavour, live.version)
        return RestoreCommands(self.alias, self.connection, client, live.max_packet, live.sets_restricted)
