"""Checks of each database: connection, dump and restore."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django_rclone import conf, display, restore
from django_rclone.db import registry
from django_rclone.db.base import BaseConnector, Facts, Mode
from django_rclone.db.inspection import inspect, run_checks
from django_rclone.exceptions import NothingToRestore
from django_rclone.selection import Owner
from django_rclone_sidecar.doctor.finding import Finding, fail, ok, run_check, warn


@dataclass(slots=True)
class DatabaseUnderCheck:
    """One database, with the results of the first checks."""

    alias: str
    connector: BaseConnector | None = None
    facts: Facts | None = None

    def check_name(self, what: str) -> str:
        return f'database "{self.alias}" {what}'

    def known(self) -> tuple[BaseConnector, Facts] | None:
        """Returns the results that later checks need; None if an earlier check has failed."""
        return (self.connector, self.facts) if self.connector and self.facts else None


def check(alias: str) -> Iterator[Finding]:
    """Yields the findings for one database."""
    database = DatabaseUnderCheck(alias)
    for what, function in (
        ("client", _programs),
        ("reachable", _reachable),
        ("dump", _dump),
        ("restore", _restore),
    ):
        yield from run_check(database.check_name(what), function, database)


def _programs(database: DatabaseUnderCheck) -> Iterator[Finding]:
    connector = registry.connector(database.alias)
    problems = [*connector.check(), *connector.hindrances()]
    for problem in problems:
        yield fail(database.check_name("client"), message=problem)
    if not problems:
        database.connector = connector


def _reachable(database: DatabaseUnderCheck) -> Iterator[Finding]:
    if database.connector is None:
        return
    database.facts = inspect(database.connector, finish=False)
    about = f"{database.connector.engine} {database.facts.server_version}, {display.size(database.facts.size)}"
    yield ok(database.check_name("reachable"), message=f"{about}, {len(database.facts.tables)} tables")


def _dump(database: DatabaseUnderCheck) -> Iterator[Finding]:
    if (known := database.known()) is None:
        return
    connector, facts = known
    dump = connector.dump(facts)
    for note in run_checks(dump):
        yield warn(database.check_name("dump"), message=note)
    yield ok(database.check_name("dump"), message=f"can be dumped with {dump.client}")


def _restore(database: DatabaseUnderCheck) -> Iterator[Finding]:
    """Plans a restore of the newest backup, if there is one. This checks everything except the object's content."""
    if (known := database.known()) is None:
        return
    connector, facts = known
    hindrances = connector.restore_hindrances(facts)
    for problem in hindrances:
        yield warn(database.check_name("restore"), message=problem)
    if hindrances:
        return
    owner = Owner.of(conf.get("PROJECT"), connector)
    try:
        newest = restore.latest(conf.remote(), conf.names(), owner, connector=connector)
    except NothingToRestore:
        yield ok(database.check_name("restore"), message="no problems found; no backup yet to plan a restore with")
        return
    planned = restore.plan(connector, conf.remote(), newest, Mode(), finish=False)
    for note in planned.plan.notes:
        yield warn(database.check_name("restore"), message=note)
    yield ok(database.check_name("restore"), message=f"{newest.path} can be restored to {planned.plan.target}")
