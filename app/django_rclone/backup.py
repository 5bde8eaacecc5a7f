"""The recipe of a backup: inspect the database, stream its dump, confirm the object, then write the manifest."""

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
from django_rclone.db.inspection import inspect, run_checks
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.layout import backup_ids, folders, object_paths, recovery_points
from django_rclone.layout.manifest import LARGEST_MANIFEST, Manifest, StoredObject
from django_rclone.layout.manifest_paths import ManifestName
from django_rclone.layout.object_paths import PARTIAL
from django_rclone.process.progress import Progress
from django_rclone.rclone import crypt
from django_rclone.rclone.abilities import Abilities
from django_rclone.rclone.remote import Remote

logger = logging.getLogger("django_rclone")

# Assumed compression ratio of dump programs that compress, to estimate the size of their output.
_TYPICAL_RATIO = 3.5


@dataclass(slots=True)
class BackupRun:
    """Input that all backups of one run share: remote, recovery point, clock and source of randomness."""

    remote: Remote
    project: str = ""
    names: object_paths.Scheme = field(default_factory=conf.names)
    compression: tuple[str, int] = field(default_factory=conf.compression)
    limits: process.Limits = field(default_factory=conf.limits)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    randomness: random.Random = field(default_factory=random.SystemRandom)
    point: str = ""
    quiet: bool = False
    """Whether progress is hidden."""
    compared: ComparedClock = field(init=False)
    _abilities: Abilities | None = None
    _has_guide: bool = False

    def __post_init__(self) -> None:
        self.point = self.point or recovery_points.name_of(self.clock())
        self.compared = ComparedClock(self.clock)

    def now(self) -> datetime:
        """Returns the time by the best clock compared so far: the storage's, the database server's or this machine's.

        Times in manifests are corrected by it. Names of backups have the uncorrected time of the run's start.
        """
        return self.compared.now()

    def abilities(self) -> Abilities:
        """Returns the remote's abilities. Queries them once. Raises DjangoRcloneError if the remote cannot be used."""
        if self._abilities is None:
            found = self.remote.abilities()
            crypt.check_password(self.remote)
            self._has_guide = restore_guide.is_there(self.remote)
            self._abilities = found
            if not found.streams:
                logger.warning(
                    'Remote "%s" does not accept streams: rclone writes each dump to the local disk first.',
                    self.remote.where,
                )
        return self._abilities

    def write_guide(self) -> None:
        """Writes RESTORE.md if missing. Called just before the manifest, so that a failed first run leaves none."""
        if not self._has_guide:
            text = restore_guide.text(self.remote, conf.get("MEDIA_BACKUP_DIR"))
            self.remote.plain.put(folders.RESTORE_GUIDE, text.encode(), atomic=self.abilities().atomic)
            self._has_guide = True


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
    """One backup on its way to the remote: its dump, and the path and compression of its object."""

    connector: BaseConnector
    run: BackupRun
    facts: Facts
    dump: Dump
    name: ManifestName
    path: str
    """Path of the complete object."""
    method: str
    level: int
    started_at: datetime
    """By this machine's clock."""

    @property
    def temporary_path(self) -> str:
        """Path to upload to: another one if the remote shows incomplete files."""
        return self.path if self.run.abilities().atomic else self.path + PARTIAL


@dataclass(frozen=True, slots=True)
class _Measurements:
    """Length of the dump, and length and hash of the uploaded object."""

    raw: streams.Meter
    digest: streams.Digest


def _back_up(connector: BaseConnector, run: BackupRun) -> Manifest:
    upload = _prepare(connector, run)
    written = [upload.temporary_path]
    try:
        measured = _stream(upload)
        if upload.temporary_path != upload.path:
            written.append(upload.path)
            run.remote.move(upload.temporary_path, upload.path)
        _confirm(run.remote, upload.path, measured.digest.bytes)
        if run.abilities().atomic:  # on other remotes rclone sets a file's time, from this machine's clock
            run.compared.compare(run.remote.stored_at(upload.path), upload.started_at, "the storage's")
        manifest = _describe(upload, measured)
        run.write_guide()
        written += [upload.name.path + PARTIAL, upload.name.path]
        content = _serialize(manifest)
        run.remote.put(upload.name.path, content, atomic=run.abilities().atomic)
        _confirm(run.remote, upload.name.path, len(content))
    except BaseException:
        _remove(run.remote, written)
        raise
    return manifest


def _prepare(connector: BaseConnector, run: BackupRun) -> _Upload:
    """Inspects the database, checks that it can be dumped, and names the backup."""
    run.abilities()
    began = run.clock()
    facts = inspect(connector)
    run.compared.compare(facts.clock, began, "the database server's")
    dump = connector.dump(facts)
    for note in run_checks(dump):
        logger.warning('Database "%s": %s', connector.alias, note)
    started_at = run.clock()
    name = ManifestName(run.point, connector.alias, backup_ids.new_id(run.randomness))
    method, level = ("none", 0) if dump.compression else run.compression
    moment = recovery_points.moment_of(run.point)
    path = run.names.object_path(connector.alias, moment, dump.extension + streams.ENDING[method], name.id)
    return _Upload(connector, run, facts, dump, name, path, method, level, started_at)


def _stream(upload: _Upload) -> _Measurements:
    """Streams the dump to the remote."""
    connector, run, dump, size = upload.connector, upload.run, upload.dump, upload.facts.size
    raw, digest = streams.Meter(), streams.Digest()
    estimate = round(size / _TYPICAL_RATIO) if dump.compression else size
    progress = Progress(f"{connector.alias}: dump", lambda: raw.bytes, estimate, quiet=run.quiet)
    try:
        process.pipe(
            dump.command,
            *dump.through,
            raw,
            *streams.compressor(upload.method, upload.level),
            digest,
            run.remote.write(upload.temporary_path, size),
            limits=run.limits,
            tick=progress.tick,
        )
    finally:
        progress.close()
    return _Measurements(raw, digest)


def _confirm(remote: Remote, path: str, size: int) -> None:
    """Checks that a file just written exists and has the right size. Raises DjangoRcloneError if not."""
    entry = remote.stat(path)
    if entry is None or entry.size not in (size, -1):
        found = "is missing" if entry is None else f"has {entry.size:,} bytes"
        raise DjangoRcloneError(f'Remote "{remote.where}": {path} was written with {size:,} bytes, but {found}.')


def _describe(upload: _Upload, measured: _Measurements) -> Manifest:
    """Returns the manifest of an uploaded backup."""
    connector, run, dump, digest = upload.connector, upload.run, upload.dump, measured.digest
    raw_bytes = None if dump.compression else measured.raw.bytes
    return Manifest(
        id=upload.name.id,
        point=run.point,
        project=run.project,
        database=connector.alias,
        engine=connector.engine,
        name=connector.name,
        server_version=upload.facts.server_version,
        client=dump.client,
        format=dump.format,
        compression=dump.compression or ("" if upload.method == "none" else f"{upload.method}:{upload.level}"),
        consistency=dump.consistency,
        objects=(StoredObject(upload.path, digest.bytes, digest.sha256, raw_bytes),),
        started_at=upload.started_at + run.compared.behind,
        finished_at=run.now(),
        host=platform.node(),
        source=connector.source,
        django_version=django.get_version(),
        session=dump.session,
        migrations=upload.facts.migrations,
        tables=upload.facts.tables,
        restore=connector.restore_by_hand(_reading_command(run.remote, upload.path, upload.method)),
        django_rclone=__version__,
    )


def _reading_command(remote: Remote, path: str, method: str) -> str:
    """Returns the shell command line that writes an object's uncompressed content to stdout."""
    command = f"rclone cat {shlex.quote(remote.path(path))}"
    return command + {"zstd": " | zstd -dc", "gzip": " | gzip -dc"}.get(method, "")


def _serialize(manifest: Manifest) -> bytes:
    """Returns the manifest's bytes, without row counts (no restore needs them) if it would be too large to read."""
    content = manifest.to_json().encode()
    if len(content) > LARGEST_MANIFEST:
        logger.warning(
            'Database "%s": the manifest would be too large and is written without row counts.', manifest.database
        )
        content = replace(manifest, tables={}).to_json().encode()
    return content


def _remove(remote: Remote, paths: list[str]) -> None:
    """Removes the files of a failed backup, the manifest first: without it there is no backup.

    A file that cannot be removed now is an orphan or a partial: never restored by default, and removed by pruning.
    """
    try:
        for path in reversed(paths):
            remote.delete(path)
    except DjangoRcloneError as error:
        logger.warning("Files of this failed backup could not be removed; pruning removes them later: %s", error)
