"""A database that is much larger than the memory that the image may use."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e import payload
from tests.e2e.container import Sidecar, url
from tests.support.servers import PostgresServer

# No swap either.
SMALL = ("--memory=256m", "--memory-swap=256m")


@pytest.mark.exhaustive
def test_a_gigabyte_goes_through_256_mebibytes_and_back(
    on: Callable[[str], Sidecar], postgres17: PostgresServer
) -> None:
    with postgres17.database() as name:
        payload.fill(postgres17, name)
        before = payload.checksum(postgres17, name)
        remote = on("s3")
        image = Sidecar(remote.image, {**remote.env, "DATABASE_URL": url(postgres17.settings(name))}, options=SMALL)

        image.ok("backup")
        (stored,) = image.listed()
        assert stored["bytes"] > 0.7 * payload.MEGABYTES * 1e6
        postgres17.query("TRUNCATE payload", name)
        image.ok("restore", "--latest")
        assert payload.checksum(postgres17, name) == before
