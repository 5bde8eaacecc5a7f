"""Verifications of the backups in the catalog: reads the records of failed ones, and marks those backups."""

from __future__ import annotations

import logging
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import batched

from django_rclone import display
from django_rclone.catalog.backup import Backup, BackupState
from django_rclone.layout import verification_record
from django_rclone.layout.folders import MANIFEST_DIR
from django_rclone.layout.manifest_paths import ManifestName
from django_rclone.layout.verification_paths import Level, VerificationName, parse_verification_name
from django_rclone.layout.verification_record import LARGEST_RECORD, VerificationRecord, VerificationRecordError
from django_rclone.rclone.entries import Entry
from django_rclone.rclone.errors import Undecryptable
from django_rclone.rclone.glob_patterns import literal
from django_rclone.rclone.remote import Remote

logger = logging.getLogger("django_rclone")

# Largest number of records that one call reads by name: a command line's length is limited.
_BY_NAME = 300


def mark(remote: Remote, backups: Sequence[Backup], listed: Iterable[Entry]) -> list[Backup]:
    """Returns the backups with their verifications, newest first, and marks those whose verification failed.

    ``listed`` are the files next to the manifests. Reads only the records of backups of which one has failed, and that
    of each database's newest successful drill. Records that cannot be read, and those of another owner or object, are
    ignored with a warning.
    """
    by_backup: defaultdict[ManifestName, dict[VerificationName, Entry]] = defaultdict(dict)
    for entry in listed:
        if name := parse_verification_name(entry.path):
            by_backup[name.backup][name] = entry
    named = [(backup, by_backup.get(_manifest_name(backup), {})) for backup in backups]
    wanted = {name for _, of_backup in named if _has_failed(of_backup) for name in of_backup}
    wanted |= _newest_drills(backups, by_backup)
    records = _read(
        remote, {name: by_backup[name.backup][name].size for name in sorted(wanted, key=lambda name: name.path)}
    )
    return [_marked(backup, of_backup, records) for backup, of_backup in named]


def _manifest_name(backup: Backup) -> ManifestName:
    return ManifestName(backup.manifest.point, backup.manifest.database, backup.manifest.id)


def _newest_drills(
    backups: Sequence[Backup], by_backup: Mapping[ManifestName, Mapping[VerificationName, Entry]]
) -> set[VerificationName]:
    """Returns the newest successful drill of each database."""
    newest: dict[tuple[str, ...], VerificationName] = {}
    for backup in backups:
        manifest = backup.manifest
        owner = (manifest.project, manifest.database, manifest.name, manifest.source)
        for name in by_backup.get(_manifest_name(backup), {}):
            is_drill = name.passed and name.level is Level.DRILL
            if is_drill and (owner not in newest or name.verified > newest[owner].verified):
                newest[owner] = name
    return set(newest.values())


def read_verifications(remote: Remote, backups: Iterable[Backup]) -> list[tuple[Backup, VerificationRecord]]:
    """Returns all records of the verifications of these backups, newest first, each with its backup."""
    by_name = {name: backup for backup in backups for name in backup.verifications}
    found = _read(remote, dict.fromkeys(by_name, 0))
    own = [(by_name[name], record) for name, record in found.items() if record.describes(by_name[name].manifest)]
    return sorted(own, key=lambda pair: (pair[1].verified_at, pair[1].record_name.path), reverse=True)


def _has_failed(names: Iterable[VerificationName]) -> bool:
    return any(not name.passed for name in names)


def _marked(
    backup: Backup, names: Mapping[VerificationName, Entry], records: Mapping[VerificationName, VerificationRecord]
) -> Backup:
    found = [records[name] for name in names if name in records]
    own = [record for record in found if record.describes(backup.manifest)]
    _warn({record.record_name: "it is of another backup" for record in found if record not in own})
    usable = {record.record_name for record in own} if _has_failed(names) else names
    drills = [record for record in own if record.passed and record.drill is not None]
    recovery = max(drills, key=lambda record: record.verified_at).drill if drills else None
    backup = replace(backup, recovery_seconds=recovery.recovery_seconds if recovery else None)
    verifications = tuple(sorted(usable, key=lambda name: (name.verified, name.path), reverse=True))
    failure = standing_failure(own)
    if failure is None or backup.state is not BackupState.GOOD:
        return replace(backup, verifications=verifications)
    problem = f"{failure.level} verification of {display.utc(failure.verified_at)}: {failure.problem}"
    return replace(backup, verifications=verifications, state=BackupState.FAILED, problem=problem)


def standing_failure(records: Iterable[VerificationRecord]) -> VerificationRecord | None:
    """Returns the newest failed verification after which none at the same or a higher level has passed; else None."""
    records = list(records)
    passed = [record for record in records if record.passed]
    standing = [
        record
        for record in records
        if not record.passed
        and not any(later.level.includes(record.level) and later.verified_at > record.verified_at for later in passed)
    ]
    return max(standing, key=lambda record: (record.verified_at, record.record_name.path), default=None)


def _read(remote: Remote, wanted: Mapping[VerificationName, int]) -> dict[VerificationName, VerificationRecord]:
    """Returns the records that can be read, and warns of the others. ``wanted`` has the size of each."""
    ignored = {
        name: f"it has more than {LARGEST_RECORD:,} bytes" for name, size in wanted.items() if size > LARGEST_RECORD
    }
    fit = [name for name in wanted if name not in ignored]
    found: dict[VerificationName, VerificationRecord] = {}
    for part in batched(fit, _BY_NAME):
        for text in _contents(remote, part):
            try:
                record = verification_record.parse(text)
            except VerificationRecordError as error:
                ignored |= {name: str(error) for name in part if f'"{name.backup.id}"' in text}
                continue
            if record.record_name in wanted:
                found[record.record_name] = record
    ignored = dict.fromkeys(fit, "it cannot be read") | ignored
    _warn({name: reason for name, reason in ignored.items() if name not in found})
    return found


def _contents(remote: Remote, names: Sequence[VerificationName]) -> list[str]:
    """Returns the contents of records. One that cannot be decrypted does not hide the others."""
    try:
        return remote.contents(MANIFEST_DIR, tuple(literal(posixpath.basename(name.path)) for name in names))
    except Undecryptable:
        if len(names) == 1:
            return []
        half = len(names) // 2
        return [*_contents(remote, names[:half]), *_contents(remote, names[half:])]


def _warn(ignored: Mapping[VerificationName, str]) -> None:
    for name, reason in ignored.items():
        logger.warning("The verification record %s is ignored: %s.", name.path, display.one_line(reason))
