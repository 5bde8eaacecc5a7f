"""Plans the restore of a MySQL or MariaDB schema: loaded beside, then swapped in."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from django_rclone.command import Command
from django_rclone.db.base import Mode, RestorePlan
from django_rclone.db.helper_programs import module_command
from django_rclone.db.mysql.clients import Programs
from django_rclone.db.mysql.connection import Connection
from django_rclone.db.mysql.errors import explainer, program_explainer
from django_rclone.db.mysql.facts import Live
from django_rclone.db.mysql.names import scratch
from django_rclone.db.mysql.preflight import notes, problems
from django_rclone.db.mysql.session import client_command
from django_rclone.db.mysql.session_variables import init_command
from django_rclone.db.mysql.table_rewrites import CLIENT_LIMIT
from django_rclone.exceptions import ConfigurationError

PROGRAMS = "django_rclone.db.mysql.programs"
_BESIDE = "Nothing was changed."
_IN_PLACE = "The schema is left half restored: remove the cause and repeat the command."


@dataclass(frozen=True, slots=True)
class Restorer:
    """What all commands of one plan have in common."""

    alias: str
    connection: Connection
    programs: Programs
    limit: int = CLIENT_LIMIT
    """The longest statement that the server takes."""
    sets_restricted: bool = False
    new_mark: Callable[[], str] = lambda: secrets.token_hex(4)

    @property
    def live(self) -> str:
        """The live schema's name."""
        return self.connection.database

    def step(self, verb: str, schema: str, *extra: str) -> Command:
        """Returns one of the steps around the load."""
        options = self.connection.option_file(self.programs.flavour)
        return module_command(
            f"{PROGRAMS}.restore_steps",
            *(verb, self.connection.place, self.programs.client, options, self.programs.dumper),
            *(self.live, schema, *extra),
            explain=program_explainer(self.alias),
            may_stall=False,
        )

    def split(self, mode: str, schema: str, *extra: str) -> Command:
        """Returns the program that reads a dump and says what the client shall do."""
        arguments = (mode, self.live, schema, self.programs.flavour, str(self.limit), *extra)
        return module_command(f"{PROGRAMS}.split", *arguments, explain=program_explainer(self.alias))

    def client(self, after: str) -> Command:
        """Returns the client that loads."""
        explain = explainer(self.alias, self.connection.place, after)
        options = self.connection.option_file(self.programs.flavour).value
        begin = init_command(restricted=self.programs.flavour == "mysql" and self.sets_restricted)
        return client_command(self.programs.client, options, begin=begin, explain=explain, may_stall=False)


def plan(restorer: Restorer, live: Live, mode: Mode, *, whole: bool) -> RestorePlan:
    """Returns the plan; ``whole`` tells that the backup has routines and events too. Raises ConfigurationError when it
    cannot work."""
    place = restorer.connection.place
    if found := list(problems(live, mode)):
        raise ConfigurationError(f'Database "{restorer.alias}": {" Also: ".join(found)}')
    said = tuple(notes(live, mode))
    if mode.into:
        return _into(restorer, live, mode.into, said)
    terminate = ("terminate",) if mode.terminate_sessions else ()
    if mode.in_place:
        return RestorePlan(
            target=place,
            verify=(restorer.split("check", restorer.live),),
            prepare=(restorer.step("clear", restorer.live, *terminate, *(() if whole else ("keep",))),),
            load=(restorer.split("through", restorer.live), restorer.client(_IN_PLACE)),
            notes=said,
        )
    schema = scratch(restorer.live, restorer.new_mark())
    return RestorePlan(
        target=place,
        prepare=(restorer.step("prepare", schema),),
        load=(restorer.split("beside", schema, live.charset, live.collation), restorer.client(_BESIDE)),
        commit=(restorer.step("commit", schema, *terminate),),
        abort=(restorer.step("abort", schema),),
        notes=said,
    )


def _into(restorer: Restorer, live: Live, schema: str, said: tuple[str, ...]) -> RestorePlan:
    made = schema not in live.schemas
    split = restorer.split("beside", schema, live.charset, live.collation) if made else restorer.split("into", schema)
    return RestorePlan(
        target=restorer.connection.to(schema).place,
        prepare=(restorer.step("prepare", schema, "into"),) if made else (),
        load=(split, restorer.client(_BESIDE)),
        commit=(restorer.step("into", schema),),
        abort=(restorer.step("remove", schema, *(("made",) if made else ())),),
        notes=said,
    )
