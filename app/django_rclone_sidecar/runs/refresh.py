"""What ``observe`` does: it looks at the remote, and keeps what it saw in the history."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from django_rclone import catalog, conf, display, manifest
from django_rclone.catalog import Backup, State
from django_rclone.db import registry
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Interrupted, Locked
from django_rclone.manifest import Manifest
from django_rclone.masking import mask
from django_rclone.media import recipes as app_media
from django_rclone.media_record import Mirror
from django_rclone.naming import ManifestName
from django_rclone.selection import Owner, dated_ahead
from django_rclone_sidecar.bootstrap import Sidecar
from django_rclone_sidecar.history import store, writer
from django_rclone_sidecar.history.models import Fact, Known, Stored, Target
from django_rclone_sidecar.runs import lock, media, observers
from django_rclone_sidecar.scheduler.snapshot import Seen, Sight, identity
from django_rclone_sidecar.settings import build
from django_rclone_sidecar.versions import versions

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """The good backups of each database, newest first, or the problem that kept us from seeing them."""

    at: datetime
    backups: dict[str, list[Backup]]
    """Those that count: none is dated after ``at``."""
    ahead: dict[str, list[Backup]]
    """Those that are dated after ``at``."""
    manifests: list[Manifest]
    """All that are on the remote, also of other projects: they need not be read again."""
    media: bool = False
    mirror: Mirror | None = None
    problem: DjangoRcloneError | None = None


def observe(sidecar: Sidecar) -> Sight:
    """Settles what killed runs left open, looks at the remote, and remembers what it saw.

    Raises ConfigurationError where trying again will not help; a remote that cannot be reached is part of the answer.
    """
    _settle(sidecar)
    seen = look(sidecar)
    try:
        with store.opened():
            remember(sidecar, seen)
    except store.Unusable as error:
        store.complain(error)
    if isinstance(seen.problem, ConfigurationError):
        raise seen.problem
    if seen.problem is not None:
        logger.warning("%s", seen.problem, extra={"event": "remote.down"})
    return answer(sidecar, seen)


def _settle(sidecar: Sidecar) -> None:
    """Ends the runs that were killed, and tells of them: they could not do it themselves."""
    try:
        with lock.held(sidecar.environment.get("BACKUP_STATE_DIR")), store.opened():
            dead = writer.settle(datetime.now(UTC))
    except Locked:
        return  # whoever is at work may be the one whose run is open
    except ConfigurationError as error:
        logger.warning("%s", error, extra={"event": "lock.unusable"})
        return
    except store.Unusable as error:
        store.complain(error)
        return
    for report in dead:
        logger.error("The run %s (%s) was killed.", report.id, report.verb, extra={"event": f"{report.verb}.killed"})
        observers.tell_ended(observers.outside(sidecar.environment), report)


def look(sidecar: Sidecar) -> Look:
    """Asks the remote."""
    now = datetime.now(UTC)
    try:
        remote = conf.remote()
        found = catalog.load(remote, conf.names(), known=_known())
        good = {alias: list(_good(found, _owner(alias))) for alias in sidecar.aliases}
        ahead = {alias: [each for each in some if dated_ahead(each, now)] for alias, some in good.items()}
        backups = {alias: [each for each in some if each not in ahead[alias]] for alias, some in good.items()}
        manifests = [backup.manifest for backup in found if backup.manifest.id]
        wanted = media.wanted(sidecar, remote)
        mirror = app_media.last(remote, app_media.located(remote)) if wanted else None
        return Look(now, backups, ahead, manifests, wanted, mirror)
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        return Look(now, {}, {}, [], problem=error)


def _owner(alias: str) -> Owner:
    return Owner.of(conf.get("PROJECT"), registry.connector(alias))


def _good(found: Iterable[Backup], owner: Owner) -> Iterable[Backup]:
    # A neighbour's backups must not keep an alarm silent. A named project is known by its name wherever it lies.
    owns = owner.owns if owner.project else owner.owns_exactly
    return (backup for backup in found if backup.state is State.GOOD and owns(backup))


def _known() -> dict[str, Manifest]:
    """Returns the manifests that were read before."""
    try:
        with store.opened():
            return {known.path: manifest.parse(known.text) for known in Known.objects.all()}
    except (store.Unusable, manifest.ManifestError):
        return {}  # then they are read again


def remember(sidecar: Sidecar, seen: Look) -> None:
    """Keeps what was seen in the history, which is open."""
    Target.objects.all().delete()
    for position, alias in enumerate(sidecar.aliases):
        place = build.place(sidecar.target.databases[alias])
        Target.objects.create(alias=alias, engine=sidecar.engine(alias), place=place, position=position)
    _fact("observed", {"at": seen.at.isoformat(), "error": display.one_line(str(seen.problem or ""))})
    _fact("project", conf.get("PROJECT"))
    _fact("remote", display.one_line(mask(conf.configured()["REMOTE"])))
    _fact("time_zone", settings.TIME_ZONE)
    _fact("versions", versions())
    if seen.problem is None:
        _fact("media", seen.media)
        _fact("media_last", {"finished_at": seen.mirror.finished_at.isoformat() if seen.mirror else ""})
        _fact("ahead", {alias: [each.file for each in some] for alias, some in seen.ahead.items() if some})
        _remember_manifests(seen.manifests)
        _remember_backups(seen.backups)


def _remember_manifests(found: list[Manifest]) -> None:
    texts = {ManifestName(each.point, each.database, each.id).path: each for each in found}
    had = set(Known.objects.values_list("path", flat=True))
    Known.objects.filter(path__in=had - texts.keys()).delete()
    Known.objects.bulk_create(Known(path=path, text=texts[path].to_json()) for path in texts.keys() - had)


def _remember_backups(backups: dict[str, list[Backup]]) -> None:
    Stored.objects.all().delete()
    for alias, found in backups.items():
        newest = found[0].manifest if found else None
        Stored.objects.create(
            alias=alias,
            count=len(found),
            size=sum(backup.size for backup in found),
            newest_id=newest.id if newest else "",
            newest_started_at=newest.started_at if newest else None,
            newest_finished_at=newest.finished_at if newest else None,
            newest_size=newest.bytes if newest else None,
            newest_raw_size=newest.objects[0].raw_bytes if newest else None,
        )


def _fact(name: str, value: object) -> None:
    Fact.objects.update_or_create(name=name, defaults={"value": value})


def answer(sidecar: Sidecar, seen: Look) -> Sight:
    """Returns what the schedule needs of it."""
    databases = []
    for alias in sidecar.aliases:
        found = seen.backups.get(alias)
        identified = identity(conf.get("PROJECT"), alias, build.place(sidecar.target.databases[alias]))
        databases.append(Seen(alias, identified, found[0].moment if found else None))
    return Sight(settings.TIME_ZONE, seen.problem is None, seen.media, tuple(databases))
