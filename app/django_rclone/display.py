"""Formatting of sizes, times, names and tables for terminals and logs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta


def size(count: float) -> str:
    """Returns a number of bytes in decimal units, as storage providers use them."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def age(span: timedelta) -> str:
    """Returns a time span, rounded to its largest unit."""
    seconds = span.total_seconds()
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def moment(when: datetime) -> str:
    """Returns a time in the process's time zone (Django sets it to TIME_ZONE), in the format of ``--at``."""
    return when.astimezone().isoformat(sep=" ", timespec="seconds")


def utc(when: datetime, precision: str = "seconds") -> str:
    """Returns a time in UTC, in the format of RFC 3339: ``2026-11-23T10:15:00Z``."""
    return when.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def printable(text: str) -> str:
    """Returns a string with unprintable characters escaped, except line ends.

    Those are control characters, changes of writing direction, and undecodable bytes of names.
    """
    return text if text.isprintable() else "\n".join(one_line(line) for line in text.split("\n"))


def one_line(text: str) -> str:
    """Returns a string with unprintable characters escaped, including line ends."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def encodable(text: str) -> str:
    """Returns a string with undecodable bytes escaped, so that it can be written as UTF-8."""
    return text.encode(errors="backslashreplace").decode()


def enumerate_some(names: Iterable[str], most: int = 5) -> str:
    """Returns the first ``most`` names, and the number of others."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def duration(seconds: float) -> str:
    """Returns a duration in its one or two largest units."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min {rest:02} s"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Returns the aligned lines of a table. The columns in ``right`` are right-aligned; cells are escaped."""
    rows = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (header, *rows)
    ]
