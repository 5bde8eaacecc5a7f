"""One cluster and one set of servers for all tests; a site of its own for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.clusters import Cluster, a_cluster
from tests.cluster.servers import Servers, start_servers
from tests.cluster.site import Site, a_site


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The session's cluster."""
    with a_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="session")
def servers(cluster: Cluster) -> Iterator[Servers]:
    """The session's database and storage servers in the cluster."""
    with start_servers(cluster) as running:
        yield running


@pytest.fixture
def site(cluster: Cluster, servers: Servers, tmp_path: Path) -> Iterator[Site]:
    """A site of the test's own."""
    with a_site(cluster, servers, tmp_path) as made:
        yield made
