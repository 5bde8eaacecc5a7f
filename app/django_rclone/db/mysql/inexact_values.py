"""Queries for the values of a schema that a dump does not hold exactly, and for its longest rows. Pure.

- A FLOAT is printed with six significant digits, and has up to nine. (A DOUBLE is printed exactly.)
- Text is dumped as Unicode. Bytes that the column's character set does not map to Unicode and back come back changed.
- A row is one statement of the dump, with two digits per byte of binary data. The server accepts no statement longer
  than max_allowed_packet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from django_rclone.db.mysql.quoting import quote_name

SECONDS = 10
"""Time limit for the query over one table."""
_UNICODE = ("utf8mb4", "utf8mb3", "utf8", "latin1", "binary")  # latin1: each of its 256 bytes has a character
_LONG_TEXT = ("mediumtext", "longtext", "json")
_SHORT = ("tinytext", "text", "tinyblob", "blob", "char", "varchar", "float")
_LIMIT = {
    "mysql": "SELECT /*+ MAX_EXECUTION_TIME({milliseconds}) */ ",
    "mariadb": "SET STATEMENT max_statement_time = {seconds} FOR SELECT ",
}


class ValueQuery(NamedTuple):
    """A query over one table. It prints a number for each of the ``columns``, and then the length of the longest
    row."""

    table: str
    columns: tuple[tuple[str, str], ...]
    """Name and kind (``float`` or ``text``) of the columns that may not be exact."""
    sql: str

    def parse(self, output: str) -> Iterator[dict[str, Any]]:
        """Yields the results in the query's output as documents of the probe. An empty output: it took too long."""
        numbers = output.split() or [""] * (len(self.columns) + 1)
        for (column, kind), number in zip(self.columns, numbers, strict=False):
            if number != "0":
                yield {"inexact": f"{self.table}.{column}", "kind": kind, "sure": bool(number)}
        if numbers[-1] not in ("", "0"):
            yield {"longest": self.table, "size": int(numbers[-1])}


def value_queries(
    columns: Iterable[Mapping[str, Any]], schema: str, flavour: str, max_packet: int
) -> Iterator[ValueQuery]:
    """Yields the queries for the columns that the probe found, smaller tables first."""
    ordered = sorted(columns, key=lambda row: (int(row["bytes"] or 0), row["in"]))
    for table, group in groupby(ordered, key=lambda row: str(row["in"])):
        rows = list(group)
        inexact = [(row["column"], kind, test) for row in rows if (test := _test(row)) for kind in [_kind(row)]]
        # A row of half the limit may be as long in digits.
        lengths = [_length(row) for row in rows if row["data_type"] not in _SHORT]
        large = int(rows[0]["bytes"] or 0) > max_packet // 4
        if not inexact and not (lengths and large):
            continue
        values = [f"COALESCE(MAX({test}), 0)" for _column, _kind_of, test in inexact]
        values.append(f"COALESCE(MAX({' + '.join(lengths)}), 0)" if lengths and large else "0")
        select = _LIMIT[flavour].format(seconds=SECONDS, milliseconds=SECONDS * 1000)
        query = f"{select}{', '.join(values)} FROM {quote_name(schema, table)};"
        yield ValueQuery(table, tuple((column, kind) for column, kind, _text in inexact), query)


def _kind(row: Mapping[str, Any]) -> str:
    return "float" if row["data_type"] == "float" else "text"


def _test(row: Mapping[str, Any]) -> str:
    name, charset = quote_name(row["column"]), row["charset"]
    if row["data_type"] == "float":
        return f"NOT (CAST(CAST({name} AS CHAR) AS FLOAT) <=> {name})"
    if charset is None or charset in _UNICODE or row["data_type"] == "json":
        return ""
    round_trip = f"CONVERT(CONVERT({name} USING utf8mb4) USING {charset})"
    return f"NOT (CAST({name} AS BINARY) <=> CAST({round_trip} AS BINARY))"


def _length(row: Mapping[str, Any]) -> str:
    digits = 1 if row["data_type"] in _LONG_TEXT else 2
    return f"COALESCE(LENGTH({quote_name(row['column'])}), 0) * {digits}"
