"""Refresh: lists the remote and stores the result in the history."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings

from django_rclone import anomaly, catalog, conf, display
from django_rclone import listing as listings
from django_rclone.catalog import Backup, BackupState
from django_rclone.clocks import dated_ahead
from django_rclone.db import registry
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Interrupted, Locked
from django_rclone.layout import manifest
from django_rclone.layout.manifest import Manifest
from django_rclone.layout.manifest_paths import ManifestName
from django_rclone.masking import mask
from django_rclone.media import mirror, record_store
from django_rclone.media_record import MediaRecord
from django_rclone.selection import Owner
from django_rclone_sidecar.bootstrap import Sidecar
from django_rclone_sidecar.history import store, writer
from django_rclone_sidecar.history.models import DatabaseRecord, Fact, KnownManifest, StoredBackups
from django_rclone_sidecar.runs import lock, media, observers
from django_rclone_sidecar.scheduler.snapshot import DatabaseSnapshot, Snapshot, identity
from django_rclone_sidecar.settings import build
from django_rclone_sidecar.versions import versions

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RemoteListing:
    """The good backups of each database, newest first, or the error that occurred."""

    at: datetime
    backups: dict[str, list[Backup]]
    """Backups that count: not dated after ``at``."""
    ahead: dict[str, list[Backup]]
    """Backups dated after ``at``."""
    manifests: list[Manifest]
    """All manifests on the remote, including those of other projects: cached, because they never change."""
    verified: dict[str, list[Backup]] = field(default_factory=dict)
    """Backups of each database with a verification, also of those that failed."""
    media: bool = False
    media_record: MediaRecord | None = None
    problem: DjangoRcloneError | None = None


def refresh(sidecar: Sidecar) -> Snapshot:
    """Closes killed runs, lists the remote, and stores the result. Returns what the scheduler needs.

    Raises ConfigurationError if trying again cannot help. An unreachable remote is part of the result.
    """
    _close_killed_runs(sidecar)
    listing = list_remote(sidecar)
    try:
        with store.opened():
            store_listing(sidecar, listing)
    except store.Unusable as error:
        store.warn_once(error)
    if isinstance(listing.problem, ConfigurationError):
        raise listing.problem
    if listing.problem is not None:
        logger.warning("%s", listing.problem, extra={"event": "remote.down"})
    return snapshot(sidecar, listing)


def _close_killed_runs(sidecar: Sidecar) -> None:
    """Closes the runs that were killed, and notifies the observers, which a killed run cannot do itself."""
    try:
        with lock.held(sidecar.environment.get("BACKUP_STATE_DIR")), store.opened():
            killed = writer.close_killed_runs(datetime.now(UTC))
    except Locked:
        return  # the run that holds the lock may be the open one
    except ConfigurationError as error:
        logger.warning("%s", error, extra={"event": "lock.unusable"})
        return
    except store.Unusable as error:
        store.warn_once(error)
        return
    for report in killed:
        logger.error(
            "The run %s (%s) was killed.", report.id, report.command, extra={"event": f"{report.command}.killed"}
        )
        observers.notify_run_ended(observers.external(sidecar.environment), report)


def list_remote(sidecar: Sidecar) -> RemoteListing:
    """Lists the backups on the remote."""
    now = datetime.now(UTC)
    try:
        remote = conf.remote()
        found = catalog.load(remote, conf.names(), known=_known())
        own = {alias: list(_owned(found, _owner(alias))) for alias in sidecar.aliases}
        good = {alias: [each for each in some if each.state is BackupState.GOOD] for alias, some in own.items()}
        verified = {alias: [each for each in some if each.verifications] for alias, some in own.items()}
        ahead = {alias: [each for each in some if dated_ahead(each, now)] for alias, some in good.items()}
        backups = {alias: [each for each in some if each not in ahead[alias]] for alias, some in good.items()}
        manifests = [backup.manifest for backup in found if backup.manifest.id]
        with_media = media.is_included(sidecar, remote)
        media_record = record_store.read(remote, mirror.locate(remote)) if with_media else None
        return RemoteListing(now, backups, ahead, manifests, verified, with_media, media_record)
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        return RemoteListing(now, {}, {}, [], problem=error)


def _owner(alias: str) -> Owner:
    return Owner.of(conf.get("PROJECT"), registry.connector(alias))


def _owned(found: Iterable[Backup], owner: Owner) -> Iterable[Backup]:
    # Backups of another project must not silence an alarm. A project with a name is identified by it alone.
    owns = owner.owns if owner.project else owner.owns_exactly
    return (backup for backup in found if owns(backup))


def _unusual(alias: str, backups: list[Backup]) -> str:
    """Returns how the newest backup of exactly this database differs from earlier ones; empty if it is normal."""
    owner = _owner(alias)
    return anomaly.of_newest(backup.manifest for backup in backups if owner.owns_exactly(backup))


def _known() -> dict[str, Manifest]:
    """Returns the manifests in the history."""
    try:
        with store.opened():
            return {known.path: manifest.parse(known.text) for known in KnownManifest.objects.all()}
    except (store.Unusable, manifest.ManifestError):
        return {}  # all manifests are then read from the remote


def store_listing(sidecar: Sidecar, listing: RemoteListing) -> None:
    """Stores a listing in the history, which must be open."""
    DatabaseRecord.objects.all().delete()
    for position, alias in enumerate(sidecar.aliases):
        place = build.describe(sidecar.target.databases[alias])
        DatabaseRecord.objects.create(alias=alias, engine=sidecar.engine(alias), place=place, position=position)
    _store_fact("observed", {"at": listing.at.isoformat(), "error": display.one_line(str(listing.problem or ""))})
    _store_fact("project", conf.get("PROJECT"))
    _store_fact("remote", display.one_line(mask(conf.configured()["REMOTE"])))
    _store_fact("time_zone", settings.TIME_ZONE)
    _store_fact("versions", versions())
    if listing.problem is None:
        _store_fact("media", listing.media)
        record = listing.media_record
        _store_fact("media_last", {"finished_at": record.finished_at.isoformat() if record else ""})
        _store_fact("ahead", {alias: [each.file for each in some] for alias, some in listing.ahead.items() if some})
        _store_fact("unusual", {alias: _unusual(alias, some) for alias, some in listing.backups.items()})
        _store_verifications(listing.verified)
        _store_manifests(listing.manifests)
        _store_backups(listing.backups)


def _store_verifications(backups: dict[str, list[Backup]]) -> None:
    """Stores when a verification last passed at each level, and the newest verification, of each database."""
    verified: dict[str, dict[str, str]] = {}
    newest: dict[str, dict[str, str]] = {}
    for alias, some in backups.items():
        names = sorted((name for each in some for name in each.verifications), key=lambda name: name.verified)
        verified[alias] = {name.level.value: name.verified_at.isoformat() for name in names if name.passed}
        if names:
            newest[alias] = {"id": names[-1].backup.id, **listings.verification_document(names[-1])}
    recovery = {alias: [each.recovery_seconds for each in some] for alias, some in backups.items()}
    known = {alias: [seconds for seconds in some if seconds is not None] for alias, some in recovery.items()}
    _store_fact("recovery", {alias: some[0] for alias, some in known.items() if some})
    _store_fact("verified", verified)
    _store_fact("verification", newest)


def _store_manifests(found: list[Manifest]) -> None:
    texts = {ManifestName(each.point, each.database, each.id).path: each for each in found}
    stored = set(KnownManifest.objects.values_list("path", flat=True))
    KnownManifest.objects.filter(path__in=stored - texts.keys()).delete()
    KnownManifest.objects.bulk_create(
        KnownManifest(path=path, text=texts[path].to_json()) for path in texts.keys() - stored
    )


def _store_backups(backups: dict[str, list[Backup]]) -> None:
    StoredBackups.objects.all().delete()
    for alias, found in backups.items():
        newest = found[0].manifest if found else None
        StoredBackups.objects.create(
            alias=alias,
            count=len(found),
            size=sum(backup.size for backup in found),
            newest_id=newest.id if newest else "",
            newest_started_at=newest.started_at if newest else None,
            newest_finished_at=newest.finished_at if newest else None,
            newest_size=newest.bytes if newest else None,
            newest_raw_size=newest.objects[0].raw_bytes if newest else None,
        )


def _store_fact(name: str, value: object) -> None:
    Fact.objects.update_or_create(name=name, defaults={"value": value})


def snapshot(sidecar: Sidecar, listing: RemoteListing) -> Snapshot:
    """Returns the part of a listing that the scheduler needs."""
    databases = []
    for alias in sidecar.aliases:
        found = listing.backups.get(alias)
        identified = identity(conf.get("PROJECT"), alias, build.describe(sidecar.target.databases[alias]))
        databases.append(DatabaseSnapshot(alias, identified, found[0].moment if found else None))
    return Snapshot(settings.TIME_ZONE, listing.problem is None, listing.media, tuple(databases))
