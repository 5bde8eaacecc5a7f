"""Which backups a restore means: what the options name, for each database."""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone

from django_rclone import catalog, conf, listing, restore
from django_rclone.catalog import Backup, State
from django_rclone.db.base import BaseConnector
from django_rclone.exceptions import ConfigurationError, NothingToRestore
from django_rclone.naming import Scheme
from django_rclone.rclone.remote import Remote
from django_rclone.selection import Owner
from django_rclone_sidecar.bootstrap import Sidecar

logger = logging.getLogger(__name__)

# How many backups are offered at a terminal.
_OFFERED = 20


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """One database, and how to find the backup that it is restored from."""

    alias: str
    find: Callable[[BaseConnector], Backup]


@dataclass(frozen=True, slots=True)
class BackupStore:
    """Where to look: the remote, the names on it, and whose backups are meant."""

    remote: Remote
    names: Scheme
    project: str

    def owner(self, connector: BaseConnector) -> Owner:
        return Owner.of(self.project, connector)


def requests(options: Namespace, sidecar: Sidecar, store: BackupStore) -> list[RestoreRequest]:
    """Returns what is wanted of each database. Raises ConfigurationError for options that do not fit together."""
    if options.id:
        alias = _alias(options, sidecar, store, lambda backup: backup.id == options.id)
        return [RestoreRequest(alias, lambda connector: restore.by_id(*_at(store, connector), options.id))]
    if options.input_path:
        path = options.input_path
        alias = _alias(options, sidecar, store, lambda backup: path in (backup.path, backup.file))
        return [RestoreRequest(alias, lambda connector: restore.by_path(*_at(store, connector), path))]
    at = options.at and (options.at if options.at.tzinfo else timezone.make_aware(options.at))

    def newest(connector: BaseConnector) -> Backup:
        return restore.latest(*_at(store, connector), at=at, unverified=options.unverified, connector=connector)

    return [RestoreRequest(alias, newest) for alias in sidecar.selected(options.database)]


def _at(store: BackupStore, connector: BaseConnector) -> tuple[Remote, Scheme, Owner]:
    return store.remote, store.names, store.owner(connector)


def _alias(options: Namespace, sidecar: Sidecar, store: BackupStore, fits: Callable[[Backup], bool]) -> str:
    """Returns the alias that one backup goes to: the one that is named, else the one that it was made of."""
    if options.database:
        (alias,) = sidecar.selected(options.database)
        return alias
    found = next((backup for backup in catalog.load(store.remote, store.names) if fits(backup)), None)
    if found is not None and found.database in sidecar.target.databases:
        return found.database
    if len(sidecar.target.databases) == 1:
        return next(iter(sidecar.target.databases))
    if found is None:
        raise NothingToRestore("There is no such backup on the remote. See `list`.")
    raise ConfigurationError(f"{found.path} does not say of which database it is: name one with --database.")


def warn_about_mixed_points(backups: list[Backup]) -> None:
    """Warns when several databases go back to different moments."""
    points = {backup.database: backup.manifest.point for backup in backups}
    if len(set(points.values())) > 1:
        listed = ", ".join(f"{alias} {point or 'unknown'}" for alias, point in points.items())
        about = {"event": "restore.points"}
        logger.warning("These backups come from different recovery points: %s.", listed, extra=about)


def choose(store: BackupStore, alias: str) -> str:
    """Shows the good backups at a terminal, and returns the id of the one that is chosen; empty: none."""
    known = catalog.load(store.remote, store.names, alias)
    good = [backup for backup in known if backup.state is State.GOOD and backup.manifest.project == store.project]
    if not good:
        raise NothingToRestore("There is no good backup on the remote. See `list`.")
    header, *rows = listing.table(good[:_OFFERED], datetime.now(UTC))
    print(f"     {header}")
    for number, row in enumerate(rows, 1):
        print(f"{number:3}  {row}")
    answer = input("Which one? (its number; nothing: none) ").strip()
    if not answer:
        return ""
    if not answer.isdecimal() or not 1 <= int(answer) <= len(rows):
        raise ConfigurationError(f'There is no number "{answer}" in this list.')
    return good[int(answer) - 1].id


def backup_store(from_project: str | None) -> BackupStore:
    """Returns where this run looks."""
    return BackupStore(conf.remote(), conf.names(), from_project or conf.get("PROJECT"))
