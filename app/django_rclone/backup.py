"""The recipe of a backup: look, dump as a stream, prove, and only then say that it exists."""

from __future__ import annotations

import logging
import platform
import random
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import django

from django_rclone import __version__, conf, encryption, guide, naming, process, signals, streams
from django_rclone.db.base import BaseConnector, Dump, Facts
from django_rclone.display import Progress
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.inspection import inspect
from django_rclone.manifest import Manifest, StoredObject
from django_rclone.naming import PARTIAL, ManifestName
from django_rclone.rclone import Abilities, Remote

logger = logging.getLogger("django_rclone")

# What a dump comes to after compression, for the estimate of a program that compresses by itself.
_TYPICAL_RATIO = 3.5


# Names in a database without an encoding may be any bytes: "\\udcff" is what JSON makes of one that is no text.
_AS_JSON_ESCAPES = "backslashreplace"


@dataclass(slots=True)
class Run:
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
    _abilities: Abilities | None = None
    _guided: bool = False

    def __post_init__(self) -> None:
        self.point = self.point or naming.point(self.clock())

    def abilities(self) -> Abilities:
        """Asks the remote once what it can do. Raises when it cannot be reached: no dump is begun for nothing."""
        if self._abilities is None:
            found = self.remote.abilities()
            encryption.check_password(self.remote)
            self._guided = guide.is_there(self.remote)
            self._abilities = found
            if not found.streams:
                logger.warning(
                    'Remote "%s" takes no streams: rclone will write each dump to local disk first.', self.remote.where
                )
        return self._abilities

    def leave_guide(self) -> None:
        """Writes RESTORE.md unless it is there: just before the first manifest, so a failed first run leaves none."""
        if not self._guided:
            text = guide.text(self.remote, conf.get("MEDIA_BACKUP_DIR"))
            self.remote.plain.put(naming.README, text.encode(), atomic=self.abilities().atomic)
            self._guided = True


def back_up(connector: BaseConnector, run: Run) -> Manifest:
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


def _back_up(connector: BaseConnector, run: Run) -> Manifest:
    abilities = run.abilities()
    facts = inspect(connector)
    dump = connector.dump(facts)
    for check in dump.checks:
        process.run(check)
    for note in dump.notes:
        logger.warning('Database "%s": %s', connector.alias, note)
    started = run.clock()
    name = ManifestName(run.point, connector.alias, naming.new_id(run.randomness))
    method, level = ("none", 0) if dump.compression else run.compression
    path = run.names.object_path(connector.alias, started, dump.extension + streams.ENDING[method], name.id)
    upload = _Upload(path if abilities.atomic else path + PARTIAL, method, level)
    written = [upload.target]
    try:
        raw, digest = _stream(connector, facts, dump, upload, run)
        if upload.target != path:
            written.append(path)
            run.remote.move(upload.target, path)
        _confirm(run.remote, path, digest.bytes)
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
            started_at=started,
            finished_at=run.clock(),
            host=platform.node(),
            django_version=django.get_version(),
            migrations=facts.migrations,
            tables=facts.tables,
            restore=connector.restore_by_hand(by_hand(run.remote, path, method)),
            django_rclone=__version__,
        )
        run.leave_guide()
        written += [name.path + PARTIAL, name.path]
        run.remote.put(name.path, manifest.to_json().encode(errors=_AS_JSON_ESCAPES), atomic=abilities.atomic)
    except BaseException:
        _take_back(run.remote, written)
        raise
    return manifest


def _stream(
    connector: BaseConnector, facts: Facts, dump: Dump, upload: _Upload, run: Run
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
