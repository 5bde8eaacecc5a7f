"""Pytest fixtures: `pytest_plugins = ["tests.support.servers.fixtures"]` in the top conftest brings them in.

A database server starts when the first test asks for it, serves all tests of all processes of the run, and ends with
it: what a test changes there beyond a database and a role of its own, it changes for the others too.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest

from tests.support.images.resolve import USED
from tests.support.servers import containers
from tests.support.servers.alertmanager import Alertmanager, start_alertmanager
from tests.support.servers.mongo import MongoServer, start_mongo
from tests.support.servers.mysql import MysqlServer, start_mysql
from tests.support.servers.postgres import PostgresServer, start_postgres
from tests.support.servers.prometheus import Prometheus, start_prometheus
from tests.support.servers.pushgateway import Pushgateway, start_pushgateway
from tests.support.servers.storage import StorageServer, serve_s3, serve_sftp


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says which images the tests ran on: the official ones and the stand-ins are not quite the same."""
    for line in USED:
        terminalreporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Lets the processes that run tests side by side share what the first of them starts."""
    if not hasattr(config, "workerinput"):
        containers.begin_sharing()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends what was shared, when all of them have ended."""
    if not hasattr(config, "workerinput"):
        containers.end_sharing()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tells the process that prints, where tests run side by side, what this one has to say."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["used"] = USED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes what one of the processes has to say."""
    said = getattr(node, "workeroutput", {}).get("used", ())
    USED.extend(line for line in said if line not in USED)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[int], PostgresServer]]:
    """Gives the session's PostgreSQL server of a major version: `postgres(17)`."""
    with ExitStack() as stack:
        yield cache(lambda major: stack.enter_context(start_postgres(major, shared=f"postgres-{major}")))


@pytest.fixture(scope="session")
def postgres17(postgres: Callable[[int], PostgresServer]) -> PostgresServer:
    """The session's PostgreSQL 17."""
    return postgres(17)


@pytest.fixture(scope="session")
def postgres18(postgres: Callable[[int], PostgresServer]) -> PostgresServer:
    """The session's PostgreSQL 18."""
    return postgres(18)


@pytest.fixture(scope="session")
def postgis17() -> Iterator[PostgresServer]:
    """The session's PostgreSQL 17 with PostGIS."""
    with start_postgres(17, postgis=True, shared="postgis-17") as server:
        yield server


@pytest.fixture(scope="session")
def mysql() -> Iterator[Callable[[str], MysqlServer]]:
    """Gives the session's server of a flavour: `mysql("mysql")` or `mysql("mariadb")`."""
    with ExitStack() as stack:
        yield cache(lambda flavour: stack.enter_context(start_mysql(flavour, shared=flavour)))


@pytest.fixture(scope="session")
def mysql9(mysql: Callable[[str], MysqlServer]) -> MysqlServer:
    """The session's MySQL 9."""
    return mysql("mysql")


@pytest.fixture(scope="session")
def mariadb118(mysql: Callable[[str], MysqlServer]) -> MysqlServer:
    """The session's MariaDB 11.8."""
    return mysql("mariadb")


@pytest.fixture(scope="session")
def mongo() -> Iterator[MongoServer]:
    """The session's MongoDB server, or what stands in for one."""
    with start_mongo(shared="mongo") as server:
        yield server


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageServer]:
    """The session's S3 server."""
    with serve_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def sftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageServer]:
    """The session's SFTP server."""
    with serve_sftp(tmp_path_factory.mktemp("sftp")) as server:
        yield server


@pytest.fixture(scope="session")
def _pushgateway() -> Iterator[Pushgateway]:
    with start_pushgateway() as server:
        yield server


@pytest.fixture
def pushgateway(_pushgateway: Pushgateway) -> Pushgateway:
    """The session's Pushgateway, which has forgotten what earlier tests pushed."""
    _pushgateway.wipe()
    return _pushgateway


@pytest.fixture
def prometheus() -> Iterator[Callable[..., Prometheus]]:
    """Starts a Prometheus of the test's own: `prometheus(config, *rules)`."""
    with ExitStack() as stack:
        yield lambda config, *rules: stack.enter_context(start_prometheus(config, *rules))


@pytest.fixture
def alertmanager() -> Iterator[Callable[[Mapping[str, Any]], Alertmanager]]:
    """Starts an Alertmanager of the test's own: `alertmanager(config)`."""
    with ExitStack() as stack:
        yield lambda config: stack.enter_context(start_alertmanager(config))
