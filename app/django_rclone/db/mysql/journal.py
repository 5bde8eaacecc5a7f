"""The journal of a restore: a table in the scratch schema, so that it survives any crash and needs no local disk.

Its rows are the parts of the dump that cannot be loaded into a scratch schema (``routines``, ``triggers``, ``views``,
``events``), those that they replace (``undo …``), the ``plan`` of the swap, and the ``state``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from django_rclone.db.mysql.names import JOURNAL, lock
from django_rclone.db.mysql.quoting import quote_bytes, quote_name, quote_value

if TYPE_CHECKING:
    from django_rclone.db.mysql.session import ClientSession

# When an assertion fails, the script runs one of these. It is not a valid statement, and the server repeats it in its
# error.
LOCKED = "django_rclone_locked"
GONE = "django_rclone_gone"

LOADING = "loading"
LOADED = "loaded"
"""Everything is in the scratch schema and verified. The live schema is unchanged."""
SWAPPING = "swapping"
"""The live schema is being changed. An interrupted swap is undone before its RENAME, and finished after it."""
DONE = "done"
"""The scratch schemas are no longer needed."""

CHUNK = 128 * 1024
LOCK_WAIT = 10
"""Seconds that a restore waits for another one: the session of a killed client lives on for a moment."""


class Journal(NamedTuple):
    """The contents of the journal of one scratch schema."""

    state: str
    session: int
    """The id of the connection that runs or ran the swap; 0 if there was none."""
    plan: Mapping[str, Any]
    texts: Mapping[str, bytes]
    """The parts, and with the prefix ``undo`` those that they replace."""


def create(schema: str) -> str:
    """Returns the statements that create an empty journal."""
    table = quote_name(schema, JOURNAL)
    return (
        f"CREATE TABLE {table} (part VARCHAR(20) NOT NULL, position INT NOT NULL, body LONGBLOB NOT NULL,"
        " moment TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,"
        " PRIMARY KEY (part, position)) ENGINE=InnoDB DEFAULT CHARSET=ascii;\n" + set_state(schema, LOADING)
    )


def write(schema: str, part: str, body: bytes, first: int = 0) -> str:
    """Returns the statements that write a part, in pieces that every server takes."""
    table = quote_name(schema, JOURNAL)
    pieces = range(0, len(body), CHUNK) if body else (0,)
    return "".join(
        _row(table, part, first + number, quote_bytes(body[start : start + CHUNK]))
        for number, start in enumerate(pieces)
    )


def set_state(schema: str, state: str) -> str:
    """Returns the statement that sets the state of the restore."""
    return write(schema, "state", state.encode())


def assert_lock(live: str, seconds: int = LOCK_WAIT) -> str:
    """Returns the statements that take the restore's lock for the session, or fail."""
    return assertion(f"GET_LOCK('{lock(live)}', {seconds}) = 1", LOCKED)


def assertion(condition: str, otherwise: str) -> str:
    """Returns the statements that fail with ``otherwise`` in their error unless the condition is true."""
    # IF exists only in stored programs. An invalid statement fails when it is prepared.
    return (
        f"SET @django_rclone = IF({condition}, 'DO 0', '{otherwise}'); PREPARE django_rclone FROM @django_rclone; "
        "EXECUTE django_rclone; DEALLOCATE PREPARE django_rclone;\n"
    )


def assert_state(schema: str, *states: str) -> str:
    """Returns the statements that fail unless the journal has one of these states."""
    allowed = ", ".join(f"'{state}'" for state in states)
    query = f"SELECT COUNT(*) FROM {quote_name(schema, JOURNAL)} WHERE part = 'state' AND body IN ({allowed})"  # noqa: S608
    return assertion(f"({query}) = 1", GONE)


def record_session(schema: str) -> str:
    """Returns the statement that records the connection of the swap."""
    return _row(quote_name(schema, JOURNAL), "session", 0, "CONNECTION_ID()")


def read(session: ClientSession, schema: str) -> Journal | None:
    """Returns the journal of a scratch schema; None where there is none."""
    table = quote_name(schema, JOURNAL)
    there = f"table_schema = {quote_value(schema)} AND table_name = '{JOURNAL}'"
    if session.run(f"SELECT COUNT(*) FROM information_schema.tables WHERE {there};").strip() == "0":  # noqa: S608
        return None
    # Not as JSON, for which the server would have to build one large document.
    texts: dict[str, bytes] = {}
    rows = session.run(f"SELECT part, HEX(body) FROM {table} ORDER BY part, position;")  # noqa: S608
    for line in rows.splitlines():
        part, _, body = line.partition("\t")
        texts[part] = texts.get(part, b"") + bytes.fromhex(body)
    plan = json.loads(texts.pop("plan", b"{}"))
    return Journal(texts.pop("state", b"").decode(), int(texts.pop("session", b"0")), plan, texts)


def _row(table: str, part: str, position: int, value: str) -> str:
    return f"REPLACE INTO {table} (part, position, body) VALUES ('{part}', {position}, {value});\n"  # noqa: S608
