"""Selection of the backup to restore for each database, from the options."""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone

from django_rclone import catalog, conf, listing, restore
from django_rclone.catalog import Backup, BackupState
from django_rclone.db.base import BaseConnector
from django_rclone.exceptions import ConfigurationError, NothingToRestore
from django_rclone.layout.object_paths import Scheme
from django_rclone.rclone.remote import Remote
from django_rclone.selection import Owner
from django_rclone_sidecar.bootstrap import Sidecar

logger = logging.getLogger(__name__)

# How many backups are listed on a terminal.
_OFFERED = 20


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """A database, and the function that finds its backup."""

    alias: str
    find: Callable[[BaseConnector], Backup]


@dataclass(frozen=True, slots=True)
class BackupStore:
    """The remote, its naming scheme, and the project whose backups are restored."""

    remote: Remote
    names: Scheme
    project: str

    def owner(self, connector: BaseConnector) -> Owner:
        return Owner.of(self.project, connector)


def requests(options: Namespace, sidecar: Sidecar, store: BackupStore) -> list[RestoreRequest]:
    """Returns a request for each database. Raises ConfigurationError for options that do not fit together."""
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
    """Returns the alias to restore one backup to: the given one, else the one it was made from."""
    if options.database:
        (alias,) = sidecar.selected(options.database)
        return alias
    found = next((backup for backup in catalog.load(store.remote, store.names) if fits(backup)), None)
    if found is not None and found.database in sidecar.target.databases:
        return found.database
    if len(sidecar.target.databases) == 1:
        return next(iter(sidecar.target.databases))
    if found is None:
        raise NothingToRestore("No such backup on the remote. See `list`.")
    raise ConfigurationError(f"{found.path} does not name its database: choose one with --database.")


def warn_about_mixed_points(backups: list[Backup]) -> None:
    """Warns if the backups are from different recovery points."""
    points = {backup.database: backup.manifest.point for backup in backups}
    if len(set(points.values())) > 1:
        listed = ", ".join(f"{alias} {point or 'unknown'}" for alias, point in points.items())
        about = {"event": "restore.points"}
        logger.warning("These backups come from different recovery points: %s.", listed, extra=about)


def choose(store: BackupStore, alias: str) -> str:
    """Lists the good backups on a terminal and asks for one. Returns its id, or an empty string for none."""
    known = catalog.load(store.remote, store.names, alias)
    good = [backup for backup in known if backup.state is BackupState.GOOD and backup.manifest.project == store.project]
    if not good:
        raise NothingToRestore("No good backup on the remote. See `list`.")
    header, *rows = listing.table(good[:_OFFERED], datetime.now(UTC))
    print(f"     {header}")
    for number, row in enumerate(rows, 1):
        print(f"{number:3}  {row}")
    answer = input("Number of the backup to restore (empty: none): ").strip()
    if not answer:
        return ""
    if not answer.isdecimal() or not 1 <= int(answer) <= len(rows):
        raise ConfigurationError(f'"{answer}" is not a number in this list.')
    return good[int(answer) - 1].id


def backup_store(from_project: str | None) -> BackupStore:
    """Returns the store that this run restores from."""
    return BackupStore(conf.remote(), conf.names(), from_project or conf.get("PROJECT"))
