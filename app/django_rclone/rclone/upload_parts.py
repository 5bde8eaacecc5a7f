"""Flags for the size of the parts in which rclone uploads a stream: backends limit their number."""

from __future__ import annotations

from collections.abc import Collection

# Backends that upload a stream in numbered parts: flag for the part size, its default, and the maximum number of parts.
# Sources: rclone.org/s3, /azureblob, /oracleobjectstorage, /b2.
_MEBIBYTE = 1 << 20
_PARTS = (
    ("--s3-chunk-size", 5 * _MEBIBYTE, 10_000),
    ("--azureblob-chunk-size", 4 * _MEBIBYTE, 50_000),
    ("--oos-chunk-size", 5 * _MEBIBYTE, 10_000),
    ("--b2-chunk-size", 96 * _MEBIBYTE, 10_000),
)


def part_flags(size: int, user_flags: Collection[str] = ()) -> tuple[str, ...]:
    """Returns the flags that make the parts of an upload large enough for twice ``size`` bytes.

    A backend ignores the flags of others. There is no flag for a part size whose default is large enough, nor for one
    of the ``user_flags``, so that the user's configuration stays in effect.
    """
    flags = []
    for flag, default, count in _PARTS:
        needed = -(-2 * size // count)
        if needed > default and flag not in user_flags:
            flags += [flag, f"{-(-needed // _MEBIBYTE)}Mi"]
    return tuple(flags)
