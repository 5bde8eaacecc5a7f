"""Which tests `make test` leaves to `make test-all`: those marked ``exhaustive``.

`make test` runs every test function at least once: the usual path on every connector, and each fault, odd schema and
remote on one representative database. The other combinations of the same parameters, what takes minutes by its nature,
and the tests of the tests' own servers are left to `make test-all`.

A test, class or module is marked in one of two ways:

- ``exhaustive``: all of it.
- ``representatives("sqlite-file*", …)``: all but the combinations whose id matches one of these patterns.

Without a mark ``LEFT_OUT`` decides by the values of the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

import pytest

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
    if not hasattr(item, "callspec"):
        return True
    if mark := item.get_closest_marker("representatives"):
        return any(fnmatchcase(item.callspec.id, pattern) for pattern in mark.args)
    chosen = item.callspec.params.items() if item.nodeid.startswith("tests/contract/") else ()
    return not any(value in LEFT_OUT.get(parameter, ()) for parameter, value in chosen if isinstance(value, str))
