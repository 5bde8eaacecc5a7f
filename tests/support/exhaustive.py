"""Which tests `make test` leaves to `make test-all`: those marked ``exhaustive``.

`make test` has every promise (all tests that docs/databases.md names), the usual path of every database, and one
representative of every fault, database or remote that a test is tried with. The rest is the other combinations of the
same parameters, what takes minutes by its nature, and the tests of the tests' own servers.

A test, class or module says it by one of two marks:

- ``exhaustive``: all of it.
- ``representatives("sqlite-file*", …)``: all but the combinations whose id matches one of these patterns.

Without a mark ``LEFT_OUT`` decides by the values of the parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEFT_OUT: Mapping[str, frozenset[str]] = {
    # One database for each connector stays. The usual path of the others has marks of its own.
    "subject": frozenset({"sqlite-sql", "postgresql-13", "postgresql-15", "postgresql-18", "postgis-17"})
    | {"mariadb-11.8", "spatialite-file", "spatialite-sql", "folder"},
    # What does not depend on the database is tried with SQLite.
    "typical": frozenset({"postgresql-17", "mongodb"}),
    "schema": frozenset({"mariadb-11.8"}),
    "storage": frozenset({"s3", "sftp", "crypt"}),
}
"""By parameter of the contract, the values that others stand for."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "exhaustive: only make test-all runs it, see tests/support/exhaustive.py")
    config.addinivalue_line("markers", "representatives(*patterns): the ids that make test runs, of all that there are")


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the combinations that are left to `make test-all`."""
    for item in items:
        if isinstance(item, pytest.Function) and not _in_make_test(item):
            item.add_marker("exhaustive")


def _in_make_test(item: pytest.Function) -> bool:
    name = item.nodeid.removeprefix("tests/")
    if {name, name.partition("[")[0]} & promised():
        return True
    if not hasattr(item, "callspec"):
        return True
    if mark := item.get_closest_marker("representatives"):
        return any(fnmatchcase(item.callspec.id, pattern) for pattern in mark.args)
    chosen = item.callspec.params.items() if name.startswith("contract/") else ()
    return not any(value in LEFT_OUT.get(parameter, ()) for parameter, value in chosen if isinstance(value, str))


@cache
def promised() -> frozenset[str]:
    """The tests that docs/databases.md names, below tests/: with their parameters where it names some."""
    found = set()
    text = (ROOT / "docs/databases.md").read_text()
    for test, parameters in re.findall(r"`([\w/]+\.py::[\w:]+)`(?: on ((?:`[^`]+`(?:, )?)+))?", text):
        ids = re.findall(r"`([^`]+)`", parameters)
        found |= {f"{test}[{one}]" for one in ids} or {test}
    return frozenset(found)
