"""Session variables: those that our sessions set, and values that a dump program's session must not have. Pure.

A server's configuration, its ``init_connect`` or an account's defaults apply to every session. Some of these variables
silently change the contents of a dump (``sql_select_limit``), others make a load fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

_UNICODE = ("utf8mb4", "utf8mb3", "utf8", "")  # no name has characters beyond utf8mb3
UNLIMITED = str(2**64 - 1)

_SHOWS_ALL = (
    "/*!80018 , SESSION use_secondary_engine = 'OFF' */"
    "/*!80030 , SESSION show_gipk_in_create_table_and_information_schema = 1 */"
)
# MariaDB ignores /*!80000 … */, and MySQL ignores /*M! … */.
_EVERY_SESSION = (
    "SET NAMES utf8mb4, SESSION sql_select_limit = 18446744073709551615, SESSION sql_safe_updates = 0, "
    "SESSION sql_big_selects = 1, SESSION autocommit = 1, SESSION completion_type = 0, "
    # A CHECK is stored as this session prints it.
    "SESSION sql_quote_show_create = 1, "
    # With this mode a default or a row with a date that does not exist is stored unchanged, and quotes have their usual
    # meaning.
    "SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', SESSION time_zone = '+00:00', "
    # Storage may be slow: a session that waits for more of the dump is not idle.
    "SESSION wait_timeout = 86400, SESSION net_read_timeout = 86400, SESSION net_write_timeout = 86400"
    "/*!80000 , SESSION max_execution_time = 0, SESSION transaction_read_only = 0 */"
    "/*M!100600 , SESSION max_statement_time = 0, SESSION tx_read_only = 0, SESSION check_constraint_checks = 0, "
    "SESSION innodb_strict_mode = 0, SESSION idle_transaction_timeout = 0, "
    "SESSION idle_write_transaction_timeout = 0 */"
    # Current sizes, not those of a day ago.
    "/*!80000 , SESSION information_schema_stats_expiry = 0 */"
    f"{_SHOWS_ALL}"
    # Read-only before that version.
    "/*M!101000 , SESSION explicit_defaults_for_timestamp = 1 */"
)
DUMPING = (
    "SET NAMES utf8mb4, SESSION sql_select_limit = 18446744073709551615, SESSION sql_safe_updates = 0, "
    "SESSION sql_big_selects = 1, SESSION sql_quote_show_create = 1, SESSION wait_timeout = 86400, "
    f"SESSION net_read_timeout = 86400, SESSION net_write_timeout = 86400, SESSION max_execution_time = 0{_SHOWS_ALL}"
)
"""The first statement of sessions of MySQL's dump program, which sets other relevant variables itself. MariaDB's has no
such option."""
RESTRICTED = (
    "SET SESSION innodb_strict_mode = 0, SESSION sql_require_primary_key = 0, "
    "SESSION explicit_defaults_for_timestamp = 1 /*!80030 , SESSION sql_generate_invisible_primary_key = 0 */"
)
"""Variables that a load may need and that only roles with SESSION_VARIABLES_ADMIN can set in MySQL."""


def init_command(*, restricted: bool = False) -> str:
    """Returns the first statement of our sessions; ``restricted``: for a role that may set more variables."""
    return _EVERY_SESSION + (RESTRICTED.replace("SET ", ", ", 1) if restricted else "")


LOADING = {
    "mysql": "",
    "mariadb": "SET SESSION check_constraint_checks = 0, SESSION innodb_strict_mode = 0;\n"
    "/*M!101000 SET SESSION explicit_defaults_for_timestamp = 1 */;\n",
}
"""The beginning of a dump, so that the plain client loads it too. Every role may set these variables."""


def dump_problems(found: Mapping[str, str], names: Iterable[str]) -> Iterator[str]:
    """Yields the variables of a session that would change a dump, if the dump program cannot set them.

    ``found`` are the variables as a new session has them, ``names`` those of tables and all else.
    """
    limit = found.get("sql_select_limit", UNLIMITED)
    if limit != UNLIMITED:
        yield f"sql_select_limit = {limit} (every SELECT of a dump would end after that many rows)"
    if found.get("sql_big_selects") == "OFF":
        yield "sql_big_selects = 0 or max_join_size (reading whole tables is refused)"
    if found.get("sql_quote_show_create") == "OFF":
        yield "sql_quote_show_create = 0 (names would be without quotes where they need them)"
    charsets = {name: found.get(name, "utf8mb4") for name in ("character_set_client", "character_set_results")}
    wrong = [name for name, charset in charsets.items() if charset not in _UNICODE]
    if wrong and not all(name.isascii() for name in names):
        yield f"{wrong[0]} = {charsets[wrong[0]]} (names with characters beyond ASCII would be changed)"


def advice(problem: str) -> str:
    """Returns the error message for a variable."""
    name = problem.partition(" ")[0]
    return (
        f"the server gives new sessions {problem}. mariadb-dump cannot change that: remove {name} from the "
        "server's configuration and from init_connect (SET GLOBAL init_connect = …), then try again."
    )
