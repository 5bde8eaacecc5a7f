"""The recipe of a backup: look, dump as a stream, prove, and only then say that it exists."""

from __future__ import annotations

import logging
import platform
import random
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import django

from django_rclone import __version__, conf, display, naming, process, restore_guide, signals, streams
from django_rclone.db.base import BaseConnector, Dump, Facts
from django_rclone.display import Progress
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.inspection import examine, inspect
from django_rclone.manifest import LARGEST, Manifest, StoredObject
from django_rclone.naming import PARTIAL, ManifestName
from django_rclone.rclone import crypt
from django_rclone.rclone.remote import Abilities, Remote

logger = logging.getLogger("django_rclone")

# What a dump comes to after compression, for the estimate of a program that compresses by itself.
_TYPICAL_RATIO = 3.5


# Clocks that differ by less are taken for equal.
_INACCURATE = timedelta(minutes=5)


@dataclass(slots=True)
class BackupRun:
    """What all backups of one command share: the remote, the recovery point, clock and randomness."""

    remote: Remote
    project: str = ""
    names: naming.Scheme = field(default_factory=conf.names)
    compression: tuple[str, int] = field(default_factory=conf.compression)
    limits: process.Limits = field(default_factory=conf.limits)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    randomness: random.Random = field(default_factory=random.SystemRandom)
    point: str = ""
    quiet: bool = False
    """No progress is shown."""
    behind: timedelta = timedelta()
    """How much this machine's clock is behind a better one that was looked at; negative: ahead."""
    _abilities: Abilities | None = None
    _guided: bool = False

    def __post_init__(self) -> None:
        self.point = self.point or naming.point(self.clock())

    def now(self) -> datetime:
        """Returns the time by the best clock that was looked at: the storage's, else the database server's, else ours.

        The names of a run's backups keep the time that they were given first; times inside manifests are right.
        """
        return self.clock() + self.behind

    def compare(self, other: datetime | None, began: datetime, whose: str) -> None:
        """Looks at another clock, which was read between ``began``, by ours, and now."""
        ended = self.clock()
        if other is None or began - _INACCURATE <= other <= ended + _INACCURATE:
            found = timedelta()
        else:
            found = other - began if other < began else other - ended
        if other is not None and abs(found - self.behind) > _INACCURATE:
            self._tell_clock(found, whose)
        if other is not None:
            self.behind = found

    def _tell_clock(self, found: timedelta, whose: str) -> None:
        if found:
            direction = "behind" if found > timedelta() else "ahead of"
            logger.warning(
                "The clock of this machine is %s %s %s: backups are dated by that one. Set the clock right.",
                *(display.duration(abs(found).total_seconds()), direction, whose),
            )

    def abilities(self) -> Abilities:
        """Asks the remote once what it can do. Raises when it cannot be reached: no dump is begun for nothing."""
        if self._abilities is None:
            found = self.remote.abilities()
            crypt.check_password(self.remote)
            self._guided = restore_guide.is_there(self.remote)
            self._abilities = found
            if not found.streams:
                logger.warning(
                    'Remote "%s" takes no streams: rclone will write each dump to local disk first.', self.remote.where
                )
        return self._abilities

    def leave_guide(self) -> None:
        """Writes RESTORE.md unless it is there: just before the first manifest, so a failed first run leaves none."""
        if not self._guided:
            text = restore_guide.text(self.remote, conf.get("MEDIA_BACKUP_DIR"))
            self.remote.plain.put(naming.README, text.encode(), atomic=self.abilities().atomic)
            self._guided = True


def back_up(connector: BaseConnector, run: BackupRun) -> Manifest:
    """Makes one backup of one database and returns its manifest.

    Whatever goes wrong, nothing half-done stays visible on the remote. Raises a DjangoRcloneError.
    """
    about: dict[str, Any] = {"database": connector.alias}
    sent = (signals.pre_db_backup, signals.post_db_backup, signals.backup_failed)
    with signals.around(*sent, sender=connector.__class__, **about) as found:
        manifest = _back_up(connector, run)
        found["path"] = manifest.objects[0].path
    return manifest


@dataclass(frozen=True, slots=True)
class _Upload:
    """Where the object goes, and what is done to the dump on its way."""

    target: str
    method: str
    level: int


def _back_up(connector: BaseConnector, run: BackupRun) -> Manifest:
    abilities = run.abilities()
    began = run.clock()
    facts = inspect(connector)
    run.compare(facts.clock, began, "the database server's")
    dump = connector.dump(facts)
    for note in examine(dump):
        logger.warning('Database "%s": %s', connector.alias, note)
    began = run.clock()
    name = ManifestName(run.point, connector.alias, naming.new_id(run.randomness))
    method, level = ("none", 0) if dump.compression else run.compression
    moment = naming.point_moment(run.point)
    path = run.names.object_path(connector.alias, moment, dump.extension + streams.ENDING[method], name.id)
    upload = _Upload(path if abilities.atomic else path + PARTIAL, method, level)
    written = [upload.target]
    try:
        raw, digest = _stream(connector, facts, dump, upload, run)
        if upload.target != path:
            written.append(path)
            run.remote.move(upload.target, path)
        _confirm(run.remote, path, digest.bytes)
        if abilities.atomic:  # elsewhere rclone itself sets the time of a file, by our clock
            run.compare(run.remote.stored_at(path), began, "the storage's")
        manifest = Manifest(
            id=name.id,
            point=run.point,
            project=run.project,
            database=connector.alias,
            engine=connector.engine,
            name=connector.name,
            server_version=facts.server_version,
            client=dump.client,
            format=dump.format,
            compression=dump.compression or ("" if method == "none" else f"{method}:{level}"),
            consistency=dump.consistency,
            objects=(StoredObject(path, digest.bytes, digest.sha256, None if dump.compression else raw.bytes),),
            started_at=began + run.behind,
            finished_at=run.now(),
            host=platform.node(),
            source=connector.source,
            django_version=django.get_version(),
            session=dump.session,
            migrations=facts.migrations,
            tables=facts.tables,
            restore=connector.restore_by_hand(by_hand(run.remote, path, method)),
            django_rclone=__version__,
        )
        run.leave_guide()
        written += [name.path + PARTIAL, name.path]
        content = _stored(manifest)
        run.remote.put(name.path, content, atomic=abilities.atomic)
        _confirm(run.remote, name.path, len(content))
    except BaseException:
        _take_back(run.remote, written)
        raise
    return manifest


def _stored(manifest: Manifest) -> bytes:
    """Returns what is written. Row counts, which no restore needs, are left out where it would be too much to read."""
    content = manifest.to_json().encode()
    if len(content) > LARGEST:
        logger.warning('Database "%s": its manifest leaves out the row counts.', manifest.database)
        content = replace(manifest, tables={}).to_json().encode()
    return content


def _stream(
    connector: BaseConnector, facts: Facts, dump: Dump, upload: _Upload, run: BackupRun
) -> tuple[streams.Meter, streams.Digest]:
    raw, digest = streams.Meter(), streams.Digest()
    estimate = round(facts.size / _TYPICAL_RATIO) if dump.compression else facts.size
    progress = Progress(f"{connector.alias}: dump", lambda: raw.bytes, estimate, quiet=run.quiet)
    try:
        process.pipe(
            dump.command,
            *dump.through,
            raw,
            *streams.compressor(upload.method, upload.level),
            digest,
            run.remote.write(upload.target, facts.size),
            limits=run.limits,
            tick=progress.tick,
        )
    finally:
        progress.close()
    return raw, digest


def _confirm(remote: Remote, path: str, size: int) -> None:
    """Asks the remote for what was just written: the manifest promises only what is there."""
    entry = remote.stat(path)
    if entry is None or entry.size not in (size, -1):
        found = "is not there" if entry is None else f"has {entry.size:,} bytes there"
        raise DjangoRcloneError(f'Remote "{remote.where}": {path} was written with {size:,} bytes and {found}.')


def _take_back(remote: Remote, paths: list[str]) -> None:
    """Removes what was written, the manifest first: without it there is no backup. What cannot be removed now is an
    orphan or a partial, which nobody restores and `--clean` sweeps."""
    try:
        for path in reversed(paths):
            remote.delete(path)
    except DjangoRcloneError as error:
        logger.warning("What this run wrote could not be removed and will be swept later: %s", error)


def by_hand(remote: Remote, path: str, method: str) -> str:
    """Returns the plain command line that writes an object's content to stdout."""
    reading = f"rclone cat {shlex.quote(remote.path(path))}"
    return reading + {"zstd": " | zstd -dc", "gzip": " | gzip -dc"}.get(method, "")
