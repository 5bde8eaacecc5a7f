"""Is each database there, and can it be dumped and restored?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django_rclone import conf, display, restore
from django_rclone.db import registry
from django_rclone.db.base import BaseConnector, Facts, Mode
from django_rclone.exceptions import NothingToRestore
from django_rclone.inspection import examine, inspect
from django_rclone.selection import Owner
from django_rclone_sidecar.doctor.finding import Finding, fail, ok, safely, warn


@dataclass(slots=True)
class DatabaseUnderCheck:
    """One database, and what the first check found out about it."""

    alias: str
    connector: BaseConnector | None = None
    facts: Facts | None = None

    def named(self, what: str) -> str:
        return f'database "{self.alias}" {what}'

    def known(self) -> tuple[BaseConnector, Facts] | None:
        """Returns what later checks build on; None where an earlier one has failed, and said why."""
        return (self.connector, self.facts) if self.connector and self.facts else None


def check(alias: str) -> Iterator[Finding]:
    """Gives what is found of one database, in the order in which a backup and a restore would meet it."""
    database = DatabaseUnderCheck(alias)
    for what, function in (
        ("client", _programs),
        ("reachable", _reachable),
        ("dump", _dump),
        ("restore", _restore),
    ):
        yield from safely(database.named(what), function, database)


def _programs(database: DatabaseUnderCheck) -> Iterator[Finding]:
    connector = registry.connector(database.alias)
    problems = [*connector.check(), *connector.hindrances()]
    for problem in problems:
        yield fail(database.named("client"), message=problem)
    if not problems:
        database.connector = connector


def _reachable(database: DatabaseUnderCheck) -> Iterator[Finding]:
    if database.connector is None:
        return
    database.facts = inspect(database.connector, finish=False)
    about = f"{database.connector.engine} {database.facts.server_version}, {display.size(database.facts.size)}"
    yield ok(database.named("reachable"), message=f"{about}, {len(database.facts.tables)} tables")


def _dump(database: DatabaseUnderCheck) -> Iterator[Finding]:
    if (known := database.known()) is None:
        return
    connector, facts = known
    dump = connector.dump(facts)
    for note in examine(dump):
        yield warn(database.named("dump"), message=note)
    yield ok(database.named("dump"), message=f"{dump.client} fits, and nothing is in the way")


def _restore(database: DatabaseUnderCheck) -> Iterator[Finding]:
    """Plans a restore of the newest backup, where there is one: this looks at everything but the object's end."""
    if (known := database.known()) is None:
        return
    connector, facts = known
    hindrances = connector.restore_hindrances(facts)
    for problem in hindrances:
        yield warn(database.named("restore"), message=problem)
    if hindrances:
        return
    owner = Owner.of(conf.get("PROJECT"), connector)
    try:
        newest = restore.latest(conf.remote(), conf.names(), owner, connector=connector)
    except NothingToRestore:
        yield ok(database.named("restore"), message="nothing is in the way; a backup to plan one with is not there yet")
        return
    planned = restore.plan(connector, conf.remote(), newest, Mode(), finish=False)
    for note in planned.plan.notes:
        yield warn(database.named("restore"), message=note)
    yield ok(database.named("restore"), message=f"{newest.path} could be restored to {planned.plan.target}")
