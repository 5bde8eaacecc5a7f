"""The parts of a dump, and the arguments by which the dump programs write each. Pure.

The order is one in which a plain client can load them: the tables with their rows, then what is made of SQL. Triggers
come after the rows, which must not fire them, and events last of all, since they run by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from django_rclone.db.mysql.facts import Live
from django_rclone.db.mysql.session_variables import DUMPING

TABLES = "tables"
PROGRAMS = ("routines", "triggers", "views", "events")
"""What cannot be loaded beside the live schema: it names the schema it is in, or would run there."""

_COMMON = (
    *("--default-character-set=utf8mb4", "--single-transaction", "--quick", "--hex-blob", "--no-tablespaces"),
    # No locks around each table's rows: they would keep a default of NEXTVAL(sequence) from being evaluated.
    *("--skip-dump-date", "--max-allowed-packet=1G", "--skip-add-locks"),
)
_OF_FLAVOUR = {
    # Without the first a server with GTIDs wants rights of an administrator, and the load sets what is not ours to set.
    # Masking policies are the server's; older programs do not know the option, hence "loose".
    "mysql": ("--set-gtid-purged=OFF", "--loose-skip-masking-policies", f"--loose-init-command={DUMPING}"),
    "mariadb": (),
}


def parts(live: Live, database: str) -> Iterator[tuple[str, list[str]]]:
    """Gives each part that the schema has, with the dump program's arguments."""
    common = [*_COMMON, *_OF_FLAVOUR[live.flavour]]
    history = ["--dump-history"] if any(t["type"] == "SYSTEM VERSIONED" for t in live.tables.values()) else []
    not_views = [f"--ignore-table={database}.{view}" for view in live.views]
    yield TABLES, [*common, *history, "--skip-triggers", *not_views, "--", database]
    for part, arguments in programs(live, database):
        yield part, [*common, *arguments]


def programs(live: Live, database: str) -> Iterator[tuple[str, list[str]]]:
    """Gives the parts but the tables, with what is special about their arguments."""
    # Naming a table keeps the program from looking at all of them, of which it writes nothing.
    one = [name for name, table in live.tables.items() if table["type"] != "SEQUENCE"][:1] or list(live.views)[:1]
    nothing = ["--no-data", "--no-create-info"]
    if live.routines:
        yield "routines", [*nothing, "--skip-triggers", "--routines", "--", database, *one]
    if live.triggers:
        tables = sorted({table for table, _definer in live.triggers.values()})
        yield "triggers", [*nothing, "--triggers", "--", database, *tables]
    if live.views:
        yield "views", ["--no-data", "--skip-triggers", "--", database, *live.views]
    if live.events:
        yield "events", [*nothing, "--skip-triggers", "--events", "--", database, *one]


def program_arguments(live: Live, database: str) -> Iterator[tuple[str, list[str]]]:
    """Gives the parts but the tables, with the dump program's whole arguments."""
    for part, arguments in programs(live, database):
        yield part, [*_COMMON, *_OF_FLAVOUR[live.flavour], *arguments]
