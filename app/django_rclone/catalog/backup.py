"""One backup on the remote and its state, derived from its manifest, its object or both. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django_rclone.layout import recovery_points
from django_rclone.layout.manifest import Manifest, StoredObject
from django_rclone.layout.manifest_paths import ManifestName
from django_rclone.layout.object_paths import PARTIAL, Scheme
from django_rclone.layout.verification_paths import VerificationName
from django_rclone.rclone.entries import Entry
from django_rclone.streams import ENDING

_EARLIEST_START = datetime.fromtimestamp(0, UTC)
_LATEST_START = datetime(2999, 12, 31, tzinfo=UTC)
"""Times of files, and times in their names, are clamped to these two, so that no time zone makes them overflow."""


class BackupState(StrEnum):
    """BackupState of a backup."""

    GOOD = "good"
    """It has a manifest, and its object exists with the right size."""
    DAMAGED = "damaged"
    """It has a manifest, but the manifest cannot be read, or the object is missing or has another size."""
    FAILED = "failed"
    """It has a manifest, and its object has the right size, but its newest verification failed."""
    UNVERIFIED = "unverified"
    """A file without an id, made by django-rclone 0.4 or by hand: it may be incomplete."""
    ORPHAN = "orphan"
    """An object with an id but without a manifest: its run did not finish."""
    PARTIAL = "partial"
    """An object that is being written, or was being written when its run died."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup on the remote, or the remains of one."""

    id: str
    database: str
    path: str
    moment: datetime
    """Start of the backup: the time in the manifest, else in the name, else the file's time or 1970."""
    size: int
    state: BackupState
    manifest: Manifest
    """The manifest on the remote; if there is none, one derived from the file's name."""
    modified: datetime = _EARLIEST_START
    problem: str = ""
    verifications: tuple[VerificationName, ...] = ()
    """Its verifications that the remote has a record of, newest first."""
    recovery_seconds: float | None = None
    """How long its restore took in a drill. Only the backup of a database's newest successful drill has it."""

    @property
    def file(self) -> str:
        """Name of the object without its folder, as ``dbrestore -i`` takes it."""
        return posixpath.basename(self.path)


def from_manifest(found: Manifest, files: Mapping[str, Entry]) -> Backup:
    """Returns the backup that a manifest describes; damaged if its object is not in ``files`` or has another size."""
    stored = found.objects[0]
    entry = files.get(stored.path)
    problem = ""
    if entry is None:
        problem = f"{stored.path} is missing"
    elif entry.size not in (stored.bytes, -1):
        problem = f"{stored.path} has {entry.size:,} bytes, according to its manifest {stored.bytes:,}"
    return Backup(
        id=found.id,
        database=found.database,
        path=stored.path,
        moment=found.started_at,
        size=stored.bytes,
        state=BackupState.DAMAGED if problem else BackupState.GOOD,
        manifest=found,
        modified=_bounded(entry.modified) if entry else _EARLIEST_START,
        problem=problem,
    )


def from_unreadable_manifest(name: ManifestName, problem: str) -> Backup:
    """Returns the damaged backup whose manifest cannot be read."""
    try:
        moment = _bounded(recovery_points.moment_of(name.point))
    except ValueError:
        moment = _EARLIEST_START
    return Backup(
        id=name.id,
        database=name.alias,
        path=name.path,
        moment=moment,
        size=0,
        state=BackupState.DAMAGED,
        manifest=undocumented(name.path, name.alias, 0, moment),
        problem=problem,
    )


def from_file(path: str, entry: Entry, scheme: Scheme) -> Backup:
    """Returns a file without a manifest as a backup, with an empty alias if its name does not fit the template."""
    name = posixpath.basename(path)
    backup_id = scheme.id_of(name)
    if name.endswith(PARTIAL) or PARTIAL + "-" in name:  # django-rclone 0.4 writes the second form
        state = BackupState.PARTIAL
    else:
        state = BackupState.ORPHAN if backup_id else BackupState.UNVERIFIED
    plain = name.partition(PARTIAL)[0].replace(f"-{backup_id}", "", 1) if backup_id else name.partition(PARTIAL)[0]
    alias, moment = scheme.parse(plain) or ("", entry.modified)
    moment = _bounded(moment)
    return Backup(
        id=backup_id,
        database=alias,
        path=path,
        moment=moment,
        size=entry.size,
        state=state,
        manifest=undocumented(path, alias, entry.size, moment),
        modified=_bounded(entry.modified),
        problem="" if state is BackupState.UNVERIFIED else "its run did not finish",
    )


def _bounded(moment: datetime) -> datetime:
    return min(max(moment, _EARLIEST_START), _LATEST_START)


def undocumented(path: str, alias: str, size: int, moment: datetime = _EARLIEST_START) -> Manifest:
    """Returns a manifest for an object that has none, with format and compression derived from its name."""
    stem, compression = path, ""
    for method, ending in ENDING.items():
        if ending and path.endswith(ending):
            stem, compression = path.removesuffix(ending), method
    return Manifest(
        id="",
        point="",
        project="",
        database=alias,
        engine="",
        name="",
        server_version="",
        client="",
        format=posixpath.splitext(stem)[1].removeprefix("."),
        compression=compression,
        consistency="",
        objects=(StoredObject(path, size, ""),),
        started_at=moment,
        finished_at=moment,
    )


def find(backups: Sequence[Backup], path: str) -> Backup | None:
    """Returns the backup whose object has this path from the remote's root, or None."""
    return next((backup for backup in backups if backup.path == path), None)
