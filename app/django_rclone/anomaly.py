"""Anomaly: how much the size or the row counts of a backup differ from those before it. Pure: manifests in, text out.

docs/retention.md explains the rule, and ``python -m bench.anomaly`` measures it on simulated histories.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import dropwhile
from statistics import median

from django_rclone import display
from django_rclone.layout.manifest import Manifest

HISTORY = 10
"""Number of earlier backups to compare with: the newest comparable ones."""
FEWEST_BACKUPS = 5
"""Fewest earlier backups to compare with. With fewer there is no verdict."""

_SPREAD_POWER = 4
"""Growth at any constant rate g has a median of g^5.5 below the newest of eleven backups, and a spread of g^2.5 around
it; of six backups, g^3 and g. The limit spread^4 is above both."""

_ALIKE = 1.25
"""A value is like another up to this factor. If one like it is among the earlier ones and was left again, it is normal,
even far from the median: a large table that is emptied every week."""

_IGNORED_TABLE = "django_session"
"""Table that is emptied in ordinary operation, by ``clearsessions``, and is often the one with the most rows."""

_EMPTIED = 100
"""A table is emptied if it had at least so many rows in each earlier backup, and has less than a hundredth of them. It
stays so for five backups: the newest earlier ones, less than half of them, may have it emptied already."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """Limits of one quantity, as factors of the median. They grow with the spread of the earlier backups."""

    shrink: float
    least_shrinking: int
    """Smallest median that shrinking is judged from."""
    grow: float
    least_growing: int
    """Smallest median that growth is judged from: the first import into a new project is not an anomaly."""

    def exceeded(self, value: int, before: Sequence[int]) -> bool:
        """Returns whether a value is far from those before it, which are given newest first."""
        middle = median(before)
        spread: float = median(max(one, middle) / max(min(one, middle), 1) for one in before) ** _SPREAD_POWER
        least, most = middle / max(self.shrink, spread), middle * max(self.grow, spread)
        # A value is known if it was reached before, up to a quarter, and left again.
        if max(value, 1) < least and middle >= self.least_shrinking:
            known = dropwhile(lambda one: one < least, before)
            return not any(one <= value * _ALIKE for one in known)
        if value > most and middle >= self.least_growing:
            known = dropwhile(lambda one: one > most, before)
            return not any(one * _ALIKE >= value for one in known)
        return False


_BYTES = _Limits(shrink=2, least_shrinking=64 * 1024, grow=3, least_growing=1024 * 1024)
_ROWS = _Limits(shrink=3, least_shrinking=1000, grow=3, least_growing=10_000)


def problem(backup: Manifest, others: Iterable[Manifest]) -> str:
    """Returns how a backup differs from earlier ones among ``others``; empty if it is normal, or if they are too few.

    Compares only backups of the same owner, engine, format and compression.
    """
    earlier = sorted(
        (other for other in others if _comparable(other, backup) and _order(other) < _order(backup)),
        key=_order,
        reverse=True,
    )[:HISTORY]
    return "; ".join([*_sizes(backup, earlier), *_rows(backup, earlier)]) if len(earlier) >= FEWEST_BACKUPS else ""


def of_newest(backups: Iterable[Manifest]) -> str:
    """Returns how the newest of these backups differs from the others, as ``problem`` does; empty if there is none."""
    backups = list(backups)
    return problem(max(backups, key=_order), backups) if backups else ""


def _order(backup: Manifest) -> tuple[object, ...]:
    return backup.started_at, backup.id


def _comparable(other: Manifest, backup: Manifest) -> bool:
    # The id is compared because a new backup has a finer time than its manifest on the remote.
    same_source = bool(backup.project) or other.source in ("", backup.source)
    return other.id != backup.id and same_source and _kind(other) == _kind(backup)


def _kind(backup: Manifest) -> tuple[str, ...]:
    owner = (backup.project, backup.database, backup.name)
    return (*owner, backup.engine, backup.format, backup.compression)


def _sizes(backup: Manifest, earlier: Sequence[Manifest]) -> Iterator[str]:
    """Yields a finding about the size as stored, else about the size before compression, where it is known."""
    before = [each.bytes for each in earlier]
    raw_before = [raw for each in earlier if (raw := each.objects[0].raw_bytes) is not None]
    raw = backup.objects[0].raw_bytes
    if _BYTES.exceeded(backup.bytes, before):
        yield f"its size is {_compared(display.size(backup.bytes), display.size(median(before)), before)}"
    elif raw is not None and len(raw_before) >= FEWEST_BACKUPS and _BYTES.exceeded(raw, raw_before):
        compared = _compared(display.size(raw), display.size(median(raw_before)), raw_before)
        yield f"its size before compression is {compared}"


def _rows(backup: Manifest, earlier: Sequence[Manifest]) -> Iterator[str]:
    """Yields findings about the row counts. They may be the server's estimates, which an upgrade of it may reset."""
    counted = [
        each
        for each in earlier
        if each.tables and (each.row_counts, each.server_version) == (backup.row_counts, backup.server_version)
    ]
    if not backup.tables or len(counted) < FEWEST_BACKUPS:
        return
    rows, before = _total(backup.tables), [_total(each.tables) for each in counted]
    if _ROWS.exceeded(rows, before):
        yield f"it has {_compared(f'{rows:,} rows', f'{median(before):,.0f}', before)}"
    if emptied := list(_emptied(backup.tables, [each.tables for each in counted])):
        yield f"tables that had rows are empty or nearly empty: {display.enumerate_some(emptied)}"


def _total(tables: Mapping[str, int]) -> int:
    return sum(rows for name, rows in tables.items() if not name.endswith(_IGNORED_TABLE))


def _emptied(tables: Mapping[str, int], earlier: Sequence[Mapping[str, int]]) -> Iterator[str]:
    """Yields the tables that are emptied. One that is missing was dropped, as migrations and partitioning do."""
    for name, rows in tables.items():
        before = [each.get(name, 0) for each in earlier]
        filled = list(dropwhile(partial(_has_lost, median(before)), before))
        fewest = min(filled, default=0) if 2 * len(filled) > len(before) else 0
        if fewest >= _EMPTIED and _has_lost(fewest, rows) and not name.endswith(_IGNORED_TABLE):
            yield f"{display.one_line(name)} ({rows:,} rows, before at least {fewest:,})"


def _has_lost(before: float, rows: int) -> bool:
    """Returns whether less than a hundredth of the rows of a table are left."""
    return rows * 100 < before


def _compared(value: str, middle: str, before: Sequence[int]) -> str:
    return f"{value} (median of the {len(before)} backups before it: {middle})"
