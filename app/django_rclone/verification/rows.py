"""Order-independent hash of the rows of one table, in constant memory.

The hash of a row is BLAKE2b with 128 bits. Rows are divided by their hashes into 64 buckets, and each bucket has the
number and the sum (modulo 2^128) of its hashes. So the order of rows never matters, duplicates count, and two tables
with the same buckets have the same rows. The number of buckets that differ tells how many rows differ at least.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

BUCKETS = 64
_BYTES = 16
_MODULUS = 1 << (8 * _BYTES)


class Rows:
    """Number and hash of the rows of one table.

    Not a dataclass: helper programs import this module, and to import ``dataclasses`` takes 15 ms.
    """

    __slots__ = ("buckets",)

    def __init__(self, buckets: tuple[tuple[int, int, int], ...] = ()) -> None:
        self.buckets = buckets
        """Index, number of rows and sum of their hashes for each bucket that has rows."""

    def __eq__(self, other: object) -> bool:
        return self.buckets == other.buckets if isinstance(other, Rows) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.buckets)

    def __repr__(self) -> str:
        return f"Rows({self.buckets})"

    @property
    def count(self) -> int:
        """The exact number of rows."""
        return sum(count for _index, count, _total in self.buckets)

    def to_json(self) -> list[list[int | str]]:
        """Return the form for a JSON document."""
        return [[index, count, f"{total:x}"] for index, count, total in self.buckets]

    @classmethod
    def from_json(cls, document: Iterable[tuple[int, int, str]]) -> Rows:
        """Return the rows that ``to_json`` described."""
        return cls(tuple((int(index), int(count), int(total, 16)) for index, count, total in document))

    def compare(self, now: Rows) -> RowDifference:
        """Return how the rows ``now`` differ from these."""
        before = {index: (count, total) for index, count, total in self.buckets}
        after = {index: (count, total) for index, count, total in now.buckets}
        none = (0, 0)
        differing = [index for index in before.keys() | after.keys() if before.get(index) != after.get(index)]
        changes = [before.get(index, none)[0] - after.get(index, none)[0] for index in differing]
        missing = max(self.count - now.count, 0)
        added = max(now.count - self.count, 0)
        # A changed row leaves one bucket and enters another one, or stays in the same; a row that is missing or added
        # changes one.
        lost = sum(change for change in changes if change > 0) - missing
        replaced = -(-max(len(differing) - missing - added, 0) // 2)
        return RowDifference(missing, added, max(lost, replaced))


class RowDifference(NamedTuple):
    """How the rows of one table differ."""

    missing: int
    """How many rows there are less than before."""
    added: int
    """How many rows there are more than before."""
    changed: int
    """How many other rows differ at least."""

    def __bool__(self) -> bool:
        return bool(self.missing or self.added or self.changed)


class RowHash:
    """Adds up the rows of one table."""

    __slots__ = ("_counts", "_sums")

    def __init__(self) -> None:
        self._counts = [0] * BUCKETS
        self._sums = [0] * BUCKETS

    def __bool__(self) -> bool:
        return any(self._counts)

    def add(self, row: bytes) -> None:
        """Add one row."""
        self.add_hash(blake2b(row, digest_size=_BYTES).digest())

    def add_hash(self, digest: bytes) -> None:
        """Add one row by its hash, of ``new_hash``."""
        number = int.from_bytes(digest, "little")
        index = number % BUCKETS
        self._counts[index] += 1
        self._sums[index] += number

    def finish(self) -> Rows:
        """Return number and hash of the rows so far."""
        return Rows(
            tuple(
                (index, count, total % _MODULUS)
                for index, (count, total) in enumerate(zip(self._counts, self._sums, strict=True))
                if count
            )
        )


def new_hash(beginning: bytes = b"") -> blake2b:
    """Return the hash of a row that arrives in pieces."""
    return blake2b(beginning, digest_size=_BYTES)
