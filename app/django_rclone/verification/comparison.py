"""Compares two fingerprints and names the differences. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from itertools import islice, pairwise, takewhile

from django_rclone.display import one_line
from django_rclone.verification.fingerprint import Fingerprint, Identity
from django_rclone.verification.rows import Rows

_MOST_LINES = 6
_WIDTH = 160
# Definitions with more lines are compared without looking for lines that moved: that takes quadratic time.
_LONG = 2000
_COUNTED = {"table": "rows", "collection": "documents", "large objects": "objects"}


def differences(backup: Fingerprint, restored: Fingerprint, *, definitions: bool = True) -> list[str]:
    """Returns how ``restored`` differs from ``backup``, one sentence each, sorted by kind and name; none if they are
    equal. They contain lines of definitions, but never values of rows. Without ``definitions`` only sequences, settings
    and rows are compared."""
    return [
        *(_differing_objects(backup.objects, restored.objects) if definitions else ()),
        *_differing_values(backup.values, restored.values),
        *_differing_rows(backup.rows, restored.rows),
    ]


def _differing_objects(
    backup: Mapping[Identity, tuple[str, ...]], restored: Mapping[Identity, tuple[str, ...]]
) -> Iterator[str]:
    for identity in sorted(backup.keys() | restored.keys()):
        before, now = backup.get(identity), restored.get(identity)
        if before is None:
            yield f"{identity} is not in the backup"
        elif now is None:
            yield f"{identity} is missing"
        elif before != now:
            yield f"{identity} differs: {_changes(before, now)}"


def _changes(before: tuple[str, ...], now: tuple[str, ...]) -> str:
    """Returns the first lines that differ, in one line."""
    found = list(islice(_changed_lines(before, now), _MOST_LINES + 1))
    for index, ((sign, old), (next_sign, new)) in enumerate(pairwise(found)):
        if (sign, next_sign) == ("-", "+"):
            start = _start(old, new)
            found[index : index + 2] = [(sign, old[start:]), (next_sign, new[start:])]
    more = " and more" if len(found) > _MOST_LINES else ""
    return " ".join(f"{sign} {_shorten(line)}" for sign, line in found[:_MOST_LINES]) + more


def _start(old: str, new: str) -> int:
    """Returns where to begin to show two long lines, so that their difference is seen."""
    if max(len(old), len(new)) <= _WIDTH:
        return 0
    same = takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False))
    return max(sum(1 for _pair in same) - _WIDTH // 4, 0)


def _changed_lines(before: tuple[str, ...], now: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if max(len(before), len(now)) > _LONG:
        for index in range(max(len(before), len(now))):
            old, new = before[index : index + 1], now[index : index + 1]
            if old != new:
                yield from (("-", line) for line in old)
                yield from (("+", line) for line in new)
        return
    for line in islice(difflib.unified_diff(before, now, n=0, lineterm=""), 2, None):
        if not line.startswith("@@"):
            yield line[:1], line[1:]


def _shorten(line: str) -> str:
    text = one_line(line.strip())
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"


def _differing_values(backup: Mapping[Identity, str], restored: Mapping[Identity, str]) -> Iterator[str]:
    for identity in sorted(backup.keys() | restored.keys()):
        before, now = backup.get(identity), restored.get(identity)
        if before is None:
            yield f"{identity}: value {_shorten(now or '')} is not in the backup"
        elif now is None:
            yield f"{identity}: value {_shorten(before)} is missing"
        elif before != now:
            yield f"{identity}: value {_shorten(now)}, was {_shorten(before)}"


def _differing_rows(backup: Mapping[Identity, Rows], restored: Mapping[Identity, Rows]) -> Iterator[str]:
    for identity in sorted(backup.keys() | restored.keys()):
        difference = backup.get(identity, Rows()).compare(restored.get(identity, Rows()))
        counted = _COUNTED.get(identity.kind, "lines")
        found = []
        if difference.missing:
            found.append(f"{_count(difference.missing, counted)} {_be(difference.missing)} missing")
        if difference.added:
            found.append(f"{_count(difference.added, counted)} {_be(difference.added)} not in the backup")
        if difference.changed:
            other = "other " if found else ""
            verb = "differs" if difference.changed == 1 else "differ"
            found.append(f"at least {_count(difference.changed, other + counted)} {verb}")
        if found:
            yield f"{identity}: {', and '.join(found)}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what.removesuffix('s') if number == 1 else what}"


def _be(number: int) -> str:
    return "is" if number == 1 else "are"
