"""Which tests `make test` leaves to `make test-all`: those marked ``exhaustive``.

`make test` takes minutes and runs at every change. In it stays at least one test

- of each promise, and of each kind of fault that was ever found;
- of each database: a backup, a restore, that both are equal, a damaged backup, and settings that are wrong;
- of S3 and of encryption: a backup that comes back;
- of the image, of `serve` and of Compose: their usual way.

What costs seconds beyond that is left to `make test-all`: the same sentence on another database, version or remote,
matrices of faults, further forms of a mistake, odd schemas beyond a few of each database, waits for clocks, limits and
killed servers, and the tests of the tests' own servers. A sentence is left out only if another test in `make test`
would fail too when its promise is broken outright. `tests/docs/test_promises.py` holds what docs/databases.md says to
this.

A test, class or module is marked in one of three ways:

- ``exhaustive``: all of it.
- ``representatives("sqlite-file*", …)``: all but the combinations whose id matches one of these patterns.
- ``every(3)``: all but one in three of a long list of examples.

Without a mark ``LEFT_OUT`` decides by the values of the parameters.
"""

from __future__ import annotations

from collections import Counter
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
    config.addinivalue_line("markers", "every(number): make test runs one in so many of the combinations")


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the combinations that are left to `make test-all`."""
    seen: Counter[tuple[str, str]] = Counter()
    for item in items:
        if isinstance(item, pytest.Function):
            function = (item.parent.nodeid if item.parent else "", item.originalname)
            if not _in_make_test(item, seen[function]):
                item.add_marker("exhaustive")
            seen[function] += 1


def _in_make_test(item: pytest.Function, number: int) -> bool:
    """Tells whether `make test` runs a test, the one with this number of its function's."""
    if not hasattr(item, "callspec"):
        return True
    if mark := item.get_closest_marker("representatives"):
        return any(fnmatchcase(item.callspec.id, pattern) for pattern in mark.args)
    if mark := item.get_closest_marker("every"):
        return number % mark.args[0] == 0
    chosen = item.callspec.params.items() if item.nodeid.startswith("tests/contract/") else ()
    return not any(value in LEFT_OUT.get(parameter, ()) for parameter, value in chosen if isinstance(value, str))
