"""The recipe of a backup: inspect the database, stream its dump, verify the object, then write the manifest."""

from __future__ import annotations

import logging
import platform
import random
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import django

from django_rclone import __version__, conf, process, restore_guide, signals, streams
from django_rclone.clocks import ComparedClock
from django_rclone.db.base import BaseConnector, Dump, Facts
from django_rclone.db.inspection import examine, inspect
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.layout import backup_ids, folders, object_paths, recovery_points
from django_rclone.layout.manifest import LARGEST, Manifest, StoredObject
from django_rclone.layout.manifest_paths import ManifestName
from django_rclone.layout.object_paths import PARTIAL
from django_rclone.process.progress import Progress
from django_rclone.rclone import crypt
from django_rclone.rclone.abilities import Abilities
from django_rclone.rclone.remote import Remote

logger = logging.getLogger("django_rclone")

# Assumed compression ratio, for the size estimate of a dump program that compresses by itself.
_TYPICAL_RATIO = 3.5


@dataclass(slots=True)
class BackupRun:
    """Context that all backups of one command share: remote, recovery point, clock and source of randomness."""

    remote: Remote
    project: str = ""
    names: object_paths.Scheme = field(default_factory=conf.names)
    compression: tuple[str, int] = field(default_factory=conf.compression)
    limits: process.Limits = field(default_factory=conf.limits)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    randomness: random.Random = field(default_factory=random.SystemRandom)
    point: str = ""
    quiet: bool = False
    """Hides the progress."""
    compared: ComparedClock = field(init=False)
    _abilities: Abilities | None = None
    _guided: bool = False

    def __post_init__(self) -> None:
        self.point = self.point or recovery_points.name_of(self.clock())
        self.compared = ComparedClock(self.clock)

    def now(self) -> datetime:
        """Returns the time by the best clock so far: the storage's, the database server's or this machine's.

        Names of backups keep the time of the run's start, uncorrected; times inside manifests are corrected.
        """
        return self.compared.now()

    def abilities(self) -> Abilities:
        """Returns the remote's abilities, queried once. Raises before any dump starts if the remote is unreachable."""
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
        """Writes RESTORE.md if missing. Call it just before the first manifest: a failed first run must leave none."""
        if not self._guided:
            text = restore_guide.text(self.remote, conf.get("MEDIA_BACKUP_DIR"))
            self.remote.plain.put(folders.RESTORE_GUIDE, text.encode(), atomic=self.abilities().atomic)
            self._guided = True


def back_up(connector: BaseConnector, run: BackupRun) -> Manifest:
    """Makes one backup of one database and returns its manifest.

    After a failure, no incomplete backup stays visible on the remote. Raises DjangoRcloneError.
    """
    about: dict[str, Any] = {"database": connector.alias}
    sent = (signals.pre_db_backup, signals.post_db_backup, signals.backup_failed)
    with signals.around(*sent, sender=connector.__class__, **about) as found:
        manifest = _back_up(connector, run)
        found["path"] = manifest.objects[0].path
    return manifest


@dataclass(frozen=True, slots=True)
class _Upload:
    """Upload path of the object, and the compression of the dump."""

    target: str
    method: str
    level: int


def _back_up(connector: BaseConnector, run: BackupRun) -> Manifest:
    abilities = run.abilities()
    began = run.clock()
    facts = inspect(connector)
    run.compared.compare(facts.clock, began, "the database server's")
    dump = connector.dump(facts)
    for note in examine(dump):
        logger.warning('Database "%s": %s', connector.alias, note)
    began = run.clock()
    name = ManifestName(run.point, connector.alias, backup_ids.new_id(run.randomness))
    method, level = ("none", 0) if dump.compression else run.compression
    moment = recovery_points.moment_of(run.point)
    path = run.names.object_path(connector.alias, moment, dump.extension + streams.ENDING[method], name.id)
    upload = _Upload(path if abilities.atomic else path + PARTIAL, method, level)
    written = [upload.target]
    try:
        raw, digest = _stream(connector, facts, dump, upload, run)
        if upload.target != path:
            written.append(path)
            run.remote.move(upload.target, path)
        _confirm(run.remote, path, digest.bytes)
        if abilities.atomic:  # on other remotes rclone sets a file's time, from our clock
            run.compared.compare(run.remote.stored_at(path), began, "the storage's")
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
            started_at=began + run.compared.behind,
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
    """Returns the manifest's bytes, without row counts (no restore needs them) if it would be too large to read."""
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
    """Checks size and presence of a file just written. Raises DjangoRcloneError if the remote does not show it."""
    entry = remote.stat(path)
    if entry is None or entry.size not in (size, -1):
        found = "is not there" if entry is None else f"has {entry.size:,} bytes there"
        raise DjangoRcloneError(f'Remote "{remote.where}": {path} was written with {size:,} bytes and {found}.')


def _take_back(remote: Remote, paths: list[str]) -> None:
    """Removes the files written, the manifest first: without it there is no backup. A file that cannot be removed now
    is an orphan or a partial, which is never restored by default and which `--clean` removes later."""
    try:
        for path in reversed(paths):
            remote.delete(path)
    except DjangoRcloneError as error:
        logger.warning("What this run wrote could not be removed and will be swept later: %s", error)


def by_hand(remote: Remote, path: str, method: str) -> str:
    """Returns the shell command line that writes an object's uncompressed content to stdout."""
    reading = f"rclone cat {shlex.quote(remote.path(path))}"
    return reading + {"zstd": " | zstd -dc", "gzip": " | gzip -dc"}.get(method, "")
