"""Loading of the catalog: lists the remote, reads new manifests and compares them with the objects."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from types import MappingProxyType

from django_rclone.catalog import backup as backups
from django_rclone.catalog import manifest_reader, verifications
from django_rclone.catalog.backup import Backup
from django_rclone.layout.folders import MANIFEST_DIR
from django_rclone.layout.manifest import Manifest
from django_rclone.layout.manifest_paths import parse_manifest_name
from django_rclone.layout.object_paths import Scheme
from django_rclone.rclone import crypt
from django_rclone.rclone.remote import Remote

_NONE: Mapping[str, Manifest] = MappingProxyType({})


def load(remote: Remote, scheme: Scheme, alias: str = "", *, known: Mapping[str, Manifest] = _NONE) -> list[Backup]:
    """Returns everything in the backup folder, newest first; with ``alias``, only what belongs to that alias.

    Takes three calls of rclone unless the manifests are very large, and one more if a verification has failed.
    ``known`` maps paths from the remote's root to manifests read before: they never change and are not read again.
    Without new manifests, it takes one call less.
    """
    entries = remote.files(MANIFEST_DIR)
    listed = {
        name: entry for entry in entries if (name := parse_manifest_name(entry.path)) and alias in ("", name.alias)
    }
    if not listed:
        crypt.check_password(remote)
    unread = {name: entry for name, entry in listed.items() if name.path not in known}
    read, problems = manifest_reader.read(remote, unread, alias, all_of_them=len(unread) == len(listed))
    readable = {name.path: known[name.path] for name in listed if name.path in known} | read
    problems |= {path: problem for path, found in readable.items() if (problem := _misplaced(found, scheme))}
    readable = {path: found for path, found in readable.items() if path not in problems}
    folders = {scheme.folder, *(posixpath.dirname(found.objects[0].path) for found in readable.values())}
    files = {f"{folder}/{entry.path}": entry for folder in sorted(folders) for entry in remote.files(folder)}
    described = [backups.from_manifest(found, files) for found in readable.values()]
    described = verifications.mark(remote, described, entries)
    damaged = [
        backups.from_unreadable_manifest(name, problems.get(name.path, "cannot be read"))
        for name in listed
        if name.path not in readable
    ]
    documented = {stored.path for found in readable.values() for stored in found.objects}
    undocumented = [
        backup
        for path, entry in files.items()
        # Files without a manifest in other folders belong to the projects that keep backups there.
        if path not in documented and posixpath.dirname(path) == scheme.folder
        if alias in ("", (backup := backups.from_file(path, entry, scheme)).database)
    ]
    return sorted([*described, *damaged, *undocumented], key=lambda backup: (backup.moment, backup.id), reverse=True)


def newest_manifests(remote: Remote, alias: str, most: int, *, fewest: int = 1) -> list[Manifest]:
    """Returns the newest manifests of an alias, whatever their project, without looking for their objects.

    Takes two calls of rclone, and only one if there are less than ``fewest``: then it reads none. Skips those that
    cannot be read.
    """
    listed = {
        name: entry
        for entry in remote.files(MANIFEST_DIR)
        if (name := parse_manifest_name(entry.path)) and name.alias == alias
    }
    if len(listed) < fewest:
        return []
    newest = sorted(listed, key=lambda name: (name.point, name.id), reverse=True)[:most]
    read, _problems = manifest_reader.read(remote, {name: listed[name] for name in newest}, alias, all_of_them=False)
    return list(read.values())


def _misplaced(found: Manifest, scheme: Scheme) -> str:
    for stored in found.objects:
        if problem := scheme.problem(stored.path, found.id):
            return f"This manifest is damaged: object {stored.path!r} {problem}"
    return ""
