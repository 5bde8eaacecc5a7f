"""Reading of the manifests on the remote, in few calls, and the search for those that cannot be decrypted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import batched
from urllib.parse import quote

from django_rclone.layout import manifest as manifests
from django_rclone.layout.folders import MANIFEST_DIR
from django_rclone.layout.manifest import Manifest, ManifestError
from django_rclone.layout.manifest_paths import ManifestName
from django_rclone.rclone.entries import Entry
from django_rclone.rclone.errors import Undecryptable
from django_rclone.rclone.glob_patterns import literal
from django_rclone.rclone.remote import Remote

# Largest number of manifests to request by name. Above it, all are read: the command line's length is limited, and so
# many requests cost little less.
_BY_NAME = 300

# Bytes of manifests that one call reads into memory.
_AT_ONCE = 2 * manifests.LARGEST_MANIFEST

# Largest number of steps in the search for manifests that cannot be decrypted: 100 damaged ones among 10,000 take about
# as many.
_SEARCH = 1500

# Limit of row counts that a listed backup keeps in memory: a list does not show them, and they add up.
_TABLES = 1000


def read(
    remote: Remote, unread: Mapping[ManifestName, Entry], alias: str, *, all_of_them: bool
) -> tuple[dict[str, Manifest], dict[str, str]]:
    """Returns the manifests by path from the remote's root, and the problems of those that cannot be read.

    ``all_of_them`` states that ``unread`` has every manifest of ``alias`` (of every alias if it is empty), so that one
    pattern can match them. Manifests that are not JSON and do not contain their id are in neither result.
    """
    readable: dict[str, Manifest] = {}
    paths = {entry.path: name.path for name, entry in unread.items()}
    problems = {
        name.path: f"has {entry.size:,} bytes; a manifest has at most {manifests.LARGEST_MANIFEST:,}"
        for name, entry in unread.items()
        if entry.size > manifests.LARGEST_MANIFEST
    }
    for entries, patterns in _batches(list(unread.values()), alias, all_of_them=all_of_them):
        try:
            texts = remote.contents(MANIFEST_DIR, patterns)
        except Undecryptable as error:
            undecryptable = _undecryptable(remote, entries, error)
            problems |= {paths[path]: "This manifest is damaged: it cannot be decrypted" for path in undecryptable}
            texts = _contents(remote, [entry for entry in entries if entry.path not in undecryptable])
        _parse(texts, unread, readable, problems)
    return readable, problems


def _batches(
    unread: Sequence[Entry], alias: str, *, all_of_them: bool
) -> Iterator[tuple[Sequence[Entry], tuple[str, ...]]]:
    """Yields the manifests to read in one call, and the patterns that match them: a single pattern where possible."""
    fit = [entry for entry in unread if entry.size <= manifests.LARGEST_MANIFEST]
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


def _parse(
    texts: list[str], names: Iterable[ManifestName], readable: dict[str, Manifest], problems: dict[str, str]
) -> None:
    """Adds manifests to ``readable``, and to ``problems`` those that cannot be parsed but contain their id."""
    names = list(names)
    paths = {name.path for name in names}
    while texts:  # frees each text before the next is parsed
        text = texts.pop()
        try:
            found = manifests.parse(text)
        except ManifestError as error:
            problems |= {name.path: str(error) for name in names if f'"{name.id}"' in text}
            continue
        path = ManifestName(found.point, found.database, found.id).path
        if path in paths:
            readable[path] = replace(found, tables={}) if len(found.tables) > _TABLES else found
