"""What is on the remote: backups, and what only looks like them."""

from __future__ import annotations

import logging
import posixpath
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import quote

from django_rclone import encryption
from django_rclone import manifest as manifests
from django_rclone.manifest import Manifest, ManifestError, StoredObject
from django_rclone.naming import MANIFEST_DIR, PARTIAL, ManifestName, Scheme, parse_manifest_name
from django_rclone.rclone import Entry, Remote, literal
from django_rclone.streams import ENDING

logger = logging.getLogger("django_rclone")

_NEVER = datetime.min.replace(tzinfo=UTC)

# Beyond that all manifests are read: a command line has its limits, and so many requests cost little less.
_BY_NAME = 300

_NONE: Mapping[str, Manifest] = MappingProxyType({})


class State(StrEnum):
    """What a backup is worth."""

    GOOD = "good"
    """It has its manifest, and the object is there in the right size."""
    DAMAGED = "damaged"
    """It has a manifest, but that cannot be read, or the object is missing or has another size."""
    UNVERIFIED = "unverified"
    """A file without an id, made by django-rclone 0.4 or by hand: nobody knows whether it is whole."""
    ORPHAN = "orphan"
    """An object with an id but without a manifest: its run did not end well."""
    PARTIAL = "partial"
    """An object that is being written, or was when its run died."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup on the remote, or what is left of one."""

    id: str
    database: str
    path: str
    moment: datetime
    """When it was begun: the time inside the manifest, else in the name, else the beginning of time."""
    size: int
    state: State
    manifest: Manifest
    """As it stands on the remote; made up from the file's name where there is none."""
    modified: datetime = _NEVER
    problem: str = ""

    @property
    def file(self) -> str:
        """Name of the object without its folder, as ``dbrestore -i`` takes it."""
        return posixpath.basename(self.path)


def load(remote: Remote, scheme: Scheme, alias: str = "", *, known: Mapping[str, Manifest] = _NONE) -> list[Backup]:
    """Returns everything in the backup folder, newest first; with ``alias``, what belongs to that alias.

    Three calls of rclone, however many backups there are. ``known`` holds manifests, by path from the remote's root,
    that need not be read again, since none ever changes; with nothing new it is one call less.
    """
    listed = {
        name.path: (name, entry.path)
        for entry in remote.files(MANIFEST_DIR)
        if (name := parse_manifest_name(entry.path)) and alias in ("", name.alias)
    }
    if not listed:
        encryption.check_password(remote)
    names = {path: name for path, (name, _file) in listed.items()}
    unread = [file for path, (_name, file) in listed.items() if path not in known]
    texts = remote.contents(MANIFEST_DIR, _patterns(unread, alias, all_of_them=len(unread) == len(listed)))
    readable, problems = _read_manifests(texts, names)
    readable = {**readable, **{path: known[path] for path in names if path in known}}
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
        if path not in documented and alias in ("", (backup := _bare(path, entry, scheme)).database)
    ]
    return sorted([*described, *damaged, *bare], key=lambda backup: (backup.moment, backup.id), reverse=True)


def _patterns(files: Collection[str], alias: str, *, all_of_them: bool) -> tuple[str, ...]:
    """Returns which manifests to read: one pattern where that does, and none where there is nothing to read."""
    if files and (all_of_them or len(files) > _BY_NAME):
        return (f"[0-9]*-{quote(alias, safe='') + '-*' if alias else '*'}.json",)
    return tuple(literal(file) for file in files)


def _read_manifests(texts: Iterable[str], names: dict[str, ManifestName]) -> tuple[dict[str, Manifest], dict[str, str]]:
    """Returns the manifests by path, and the problem of each whose text is no manifest but says its id."""
    readable: dict[str, Manifest] = {}
    by_id = {name.id: path for path, name in names.items()}
    problems: dict[str, str] = {}
    for text in texts:
        try:
            found = manifests.parse(text)
        except ManifestError as error:
            for backup_id, path in by_id.items():
                if f'"{backup_id}"' in text:
                    problems[path] = str(error)
            continue
        path = ManifestName(found.point, found.database, found.id).path
        if path in names:
            readable[path] = found
    return readable, problems


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
        modified=entry.modified if entry else _NEVER,
        problem=problem,
    )


def _unreadable(name: ManifestName, problem: str) -> Backup:
    moment = datetime.strptime(name.point, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
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
    """Returns what a file without a manifest is. Where its name does not fit the template it belongs to nobody."""
    name = posixpath.basename(path)
    backup_id = scheme.id_of(name)
    if name.endswith(PARTIAL) or PARTIAL + "-" in name:  # the second as django-rclone 0.4 writes
        state = State.PARTIAL
    else:
        state = State.ORPHAN if backup_id else State.UNVERIFIED
    plain = name.partition(PARTIAL)[0].replace(f"-{backup_id}", "", 1) if backup_id else name.partition(PARTIAL)[0]
    alias, moment = scheme.parse(plain) or ("", entry.modified)
    return Backup(
        id=backup_id,
        database=alias,
        path=path,
        moment=moment,
        size=entry.size,
        state=state,
        manifest=undocumented(path, alias, entry.size, moment),
        modified=entry.modified,
        problem="" if state is State.UNVERIFIED else "its run did not end well",
    )


def undocumented(path: str, alias: str, size: int, moment: datetime = _NEVER) -> Manifest:
    """Returns what can be said of an object that has no manifest: its name tells format and compression."""
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
    """Returns the backup whose object has this path from the remote's root."""
    return next((backup for backup in backups if backup.path == path), None)
