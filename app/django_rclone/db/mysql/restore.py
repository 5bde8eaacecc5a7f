"""Plans the restore of a MySQL or MariaDB schema: load into a scratch schema, then swap."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from django_rclone.command import Command
from django_rclone.db.base import Mode, RestorePlan
from django_rclone.db.failures import NOTHING_CHANGED
from django_rclone.db.helper_programs import module_command
from django_rclone.db.mysql.clients import Clients
from django_rclone.db.mysql.connection import Connection
from django_rclone.db.mysql.errors import explainer, program_explainer
from django_rclone.db.mysql.facts import LiveDatabase
from django_rclone.db.mysql.names import scratch
from django_rclone.db.mysql.preflight import notes, problems
from django_rclone.db.mysql.session import client_command
from django_rclone.db.mysql.session_variables import init_command
from django_rclone.db.mysql.table_rewrites import CLIENT_LIMIT
from django_rclone.exceptions import ConfigurationError

PROGRAMS = "django_rclone.db.mysql.programs"
_HALF_RESTORED = "The schema is left half restored: remove the cause and repeat the command."


@dataclass(frozen=True, slots=True)
class RestoreCommands:
    """The commands of one plan."""

    alias: str
    connection: Connection
    clients: Clients
    limit: int = CLIENT_LIMIT
    """The longest statement that the server takes."""
    sets_restricted: bool = False
    new_mark: Callable[[], str] = lambda: secrets.token_hex(4)

    @property
    def live(self) -> str:
        """The live schema's name."""
        return self.connection.database

    def step(self, name: str, schema: str, *extra: str) -> Command:
        """Returns the command for a step before or after the load."""
        options = self.connection.option_file(self.clients.flavour)
        return module_command(
            f"{PROGRAMS}.restore_steps",
            *(name, self.connection.location, self.clients.client, options, self.clients.dumper),
            *(self.live, schema, *extra),
            explain=program_explainer(self.alias),
            is_loader=True,
        )

    def split(self, mode: str, schema: str, *extra: str) -> Command:
        """Returns the program that turns the dump into the client's input."""
        arguments = (mode, self.live, schema, self.clients.flavour, str(self.limit), *extra)
        return module_command(f"{PROGRAMS}.split", *arguments, explain=program_explainer(self.alias))

    def client(self, after: str) -> Command:
        """Returns the client that loads."""
        explain = explainer(self.alias, self.connection.location, after)
        options = self.connection.option_file(self.clients.flavour).value
        begin = init_command(restricted=self.clients.flavour == "mysql" and self.sets_restricted)
        return client_command(self.clients.client, options, begin=begin, explain=explain, is_loader=True)


def plan(commands: RestoreCommands, live: LiveDatabase, mode: Mode, *, has_routines_and_events: bool) -> RestorePlan:
    """Returns the plan. Raises ConfigurationError if the restore cannot work."""
    location = commands.connection.location
    if found := list(problems(live, mode)):
        raise ConfigurationError(f'Database "{commands.alias}": {" Also: ".join(found)}')
    plan_notes = tuple(notes(live, mode))
    if mode.into:
        return _into(commands, live, mode, plan_notes)
    terminate = ("terminate",) if mode.terminate_sessions else ()
    if mode.in_place:
        return RestorePlan(
            target=location,
            verify=(commands.split("check", commands.live),),
            prepare=(
                commands.step("clear", commands.live, *terminate, *(() if has_routines_and_events else ("keep",))),
            ),
            load=(commands.split("in-place", commands.live), commands.client(_HALF_RESTORED)),
            notes=plan_notes,
        )
    schema = scratch(commands.live, commands.new_mark())
    return RestorePlan(
        target=location,
        prepare=(commands.step("prepare", schema),),
        load=(commands.split("scratch", schema, live.charset, live.collation), commands.client(NOTHING_CHANGED)),
        commit=(commands.step("commit", schema, *terminate),),
        abort=(commands.step("abort", schema),),
        notes=plan_notes,
    )


def _into(commands: RestoreCommands, live: LiveDatabase, mode: Mode, plan_notes: tuple[str, ...]) -> RestorePlan:
    schema = mode.into
    created = schema not in live.schemas
    split = (
        commands.split("scratch", schema, live.charset, live.collation) if created else commands.split("into", schema)
    )
    return RestorePlan(
        target=commands.connection.to_database(schema).location,
        prepare=(commands.step("prepare", schema, "into"),) if created else (),
        load=(split, commands.client(NOTHING_CHANGED)),
        commit=(commands.step("complete_copy", schema, *(("drill",) if mode.drill else ())),),
        abort=(commands.step("remove_copy", schema, *(("created",) if created else ())),),
        notes=plan_notes,
    )
