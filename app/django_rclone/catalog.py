"""The catalog of the remote: backups, and files that only look like backups."""

from __future__ import annotations

import logging
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import batched
from types import MappingProxyType
from urllib.parse import quote

from django_rclone import manifest as manifests
from django_rclone.manifest import Manifest, ManifestError, StoredObject
from django_rclone.naming import MANIFEST_DIR, PARTIAL, ManifestName, Scheme, parse_manifest_name, point_moment
from django_rclone.rclone import crypt
from django_rclone.rclone.errors import Undecryptable
from django_rclone.rclone.remote import Entry, Remote, literal
from django_rclone.streams import ENDING

logger = logging.getLogger("django_rclone")

_NEVER = datetime.fromtimestamp(0, UTC)
_LATEST = datetime(2999, 12, 31, tzinfo=UTC)
"""Times of files, and times in their names, are clamped to these two, so that no time zone makes them overflow."""

# Largest number of manifests to request by name. Above it, all are read: the command line's length is limited, and so
# many requests cost little less.
_BY_NAME = 300

# Bytes of manifests that one call reads into memory.
_AT_ONCE = 2 * manifests.LARGEST

# Limit of steps in the search for manifests that cannot be decrypted: 100 damaged ones among 10,000 take about as many.
_SEARCH = 1500

# Limit of row counts that a listed backup keeps in memory: a list does not show them, and they add up.
_TABLES = 1000

_NONE: Mapping[str, Manifest] = MappingProxyType({})


class State(StrEnum):
    """State of a backup."""

    GOOD = "good"
    """It has a manifest, and its object exists with the right size."""
    DAMAGED = "damaged"
    """It has a manifest, but the manifest cannot be read, or the object is missing or has another size."""
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
    state: State
    manifest: Manifest
    """The manifest on the remote; if there is none, one derived from the file's name."""
    modified: datetime = _NEVER
    problem: str = ""

    @property
    def file(self) -> str:
        """Name of the object without its folder, as ``dbrestore -i`` takes it."""
        return posixpath.basename(self.path)


def load(remote: Remote, scheme: Scheme, alias: str = "", *, known: Mapping[str, Manifest] = _NONE) -> list[Backup]:
    """Returns everything in the backup folder, newest first; with ``alias``, only what belongs to that alias.

    Takes three calls of rclone unless the manifests are very large. ``known`` maps paths from the remote's root to
    manifests read before: they never change and are not read again. Without new manifests, it takes one call less.
    """
    listed = {
        name.path: (name, entry)
        for entry in remote.files(MANIFEST_DIR)
        if (name := parse_manifest_name(entry.path)) and alias in ("", name.alias)
    }
    if not listed:
        crypt.check_password(remote)
    names = {path: name for path, (name, _entry) in listed.items()}
    unread = [entry for path, (_name, entry) in listed.items() if path not in known]
    readable: dict[str, Manifest] = {path: known[path] for path in names if path in known}
    problems = {
        path: f"has {entry.size:,} bytes, a manifest {manifests.LARGEST:,} at most"
        for path, (_name, entry) in listed.items()
        if entry.size > manifests.LARGEST
    }
    for entries, patterns in _batches(unread, alias, all_of_them=len(unread) == len(listed)):
        try:
            texts = remote.contents(MANIFEST_DIR, patterns)
        except Undecryptable as error:
            undecryptable = _undecryptable(remote, entries, error)
            problems |= dict.fromkeys(undecryptable, "This manifest is damaged: it cannot be decrypted")
            rest = [entry for entry in entries if entry.path not in undecryptable]
            texts = _contents(remote, rest)
        _read_manifests(texts, names, readable, problems)
    problems |= {path: problem for path, found in readable.items() if (problem := _misplaced(found, scheme))}
    readable = {path: found for path, found in readable.items() if path not in problems}
    folders = {scheme.folder, *(posixpath.dirname(found.objects[0].path) for found in readable.values())}
    files = {f"{folder}/{entry.path}": entry for folder in sorted(folders) for entry in remote.files(folder)}
    described = [_described(found, files) for found in readable.values()]
    damaged = [
        _unreadable(name, problems.get(path, "cannot be read")) for path, name in names.items() if path not in readable
    ]
    documented = {stored.path for found in readable.values() for stored in found.objects}
    bare = [
        backup
        for path, entry in files.items()
        # Files without a manifest in other folders belong to the projects that keep backups there.
        if path not in documented and posixpath.dirname(path) == scheme.folder
        if alias in ("", (backup := _bare(path, entry, scheme)).database)
    ]
    return sorted([*described, *damaged, *bare], key=lambda backup: (backup.moment, backup.id), reverse=True)


def _misplaced(found: Manifest, scheme: Scheme) -> str:
    for stored in found.objects:
        if problem := scheme.problem(stored.path, found.id):
            return f"This manifest is damaged: object {stored.path!r} {problem}"
    return ""


def _batches(
    unread: Sequence[Entry], alias: str, *, all_of_them: bool
) -> Iterator[tuple[Sequence[Entry], tuple[str, ...]]]:
    """Yields the manifests to read in one call, and the patterns that match them: a single pattern where possible."""
    fit = [entry for entry in unread if entry.size <= manifests.LARGEST]
    little = sum(entry.size for entry in fit) <= _AT_ONCE and len(fit) == len(unread)
    if fit and little and (all_of_them or len(fit) > _BY_NAME):
        yield fit, (f"[0-9]*-{quote(alias, safe='') + '-*' if alias else '*'}.json",)
        return
    batch: list[Entry] = []
    size = 0
    for entry in fit:
        if len(batch) == _BY_NAME or (batch and size + entry.size > _AT_ONCE):
            yield batch, _literals(batch)
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch, _literals(batch)


def _literals(entries: Iterable[Entry]) -> tuple[str, ...]:
    return tuple(literal(entry.path) for entry in entries)


def _undecryptable(remote: Remote, entries: Sequence[Entry], error: Undecryptable) -> set[str]:
    """Returns the paths of manifests that cannot be decrypted, by bisection: rclone's error does not name the file.

    Raises ``error`` if there are too many, or if no manifest can be decrypted on a crypt remote from the user's
    rclone.conf, whose password may be wrong. With ENCRYPTION_PASSWORD, a wrong password would list no names at all.
    """
    found: set[str] = set()
    waiting: list[Sequence[Entry]] = [entries]
    for _call in range(_SEARCH):
        if not waiting:
            break
        part = waiting.pop()
        if len(part) > 1:
            half = len(part) // 2
            for side in (part[:half], part[half:]):
                if not _is_decryptable(remote, side):
                    waiting.append(side)
        else:
            found.add(part[0].path)
    if waiting or (remote.base is None and len(found) == len(entries)):
        raise error
    return found


def _contents(remote: Remote, entries: Sequence[Entry]) -> list[str]:
    return [text for part in batched(entries, _BY_NAME) for text in remote.contents(MANIFEST_DIR, _literals(part))]


def _is_decryptable(remote: Remote, entries: Sequence[Entry]) -> bool:
    try:
        _contents(remote, entries)
    except Undecryptable:
        return False
    return True


def _read_manifests(
    texts: list[str], names: Mapping[str, ManifestName], readable: dict[str, Manifest], problems: dict[str, str]
) -> None:
    """Adds manifests to ``readable``, and to ``problems`` those that cannot be parsed but contain their id."""
    by_id = {name.id: path for path, name in names.items()}
    while texts:  # frees each text before the next is parsed
        text = texts.pop()
        try:
            found = manifests.parse(text)
        except ManifestError as error:
            for backup_id, path in by_id.items():
                if f'"{backup_id}"' in text:
                    problems[path] = str(error)
            continue
        path = ManifestName(found.point, found.database, found.id).path
        if path in names:
            readable[path] = replace(found, tables={}) if len(found.tables) > _TABLES else found


def _described(found: Manifest, files: dict[str, Entry]) -> Backup:
    stored = found.objects[0]
    entry = files.get(stored.path)
    problem = ""
    if entry is None:
        problem = f"{stored.path} is missing"
    elif entry.size not in (stored.bytes, -1):
        problem = f"{stored.path} has {entry.size:,} bytes, its manifest promises {stored.bytes:,}"
    return Backup(
        id=found.id,
        database=found.database,
        path=stored.path,
        moment=found.started_at,
        size=stored.bytes,
        state=State.DAMAGED if problem else State.GOOD,
        manifest=found,
        modified=_bounded(entry.modified) if entry else _NEVER,
        problem=problem,
    )


def _unreadable(name: ManifestName, problem: str) -> Backup:
    try:
        moment = _bounded(point_moment(name.point))
    except ValueError:
        moment = _NEVER
    return Backup(
        id=name.id,
        database=name.alias,
        path=name.path,
        moment=moment,
        size=0,
        state=State.DAMAGED,
        manifest=undocumented(name.path, name.alias, 0, moment),
        problem=problem,
    )


def _bare(path: str, entry: Entry, scheme: Scheme) -> Backup:
    """Returns a file without a manifest as a backup, with an empty alias if its name does not fit the template."""
    name = posixpath.basename(path)
    backup_id = scheme.id_of(name)
    if name.endswith(PARTIAL) or PARTIAL + "-" in name:  # django-rclone 0.4 writes the second form
        state = State.PARTIAL
    else:
        state = State.ORPHAN if backup_id else State.UNVERIFIED
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
        problem="" if state is State.UNVERIFIED else "its run did not end well",
    )


def _bounded(moment: datetime) -> datetime:
    return min(max(moment, _NEVER), _LATEST)


def undocumented(path: str, alias: str, size: int, moment: datetime = _NEVER) -> Manifest:
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
