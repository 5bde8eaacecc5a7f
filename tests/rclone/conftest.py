"""Fixtures shared with the unit tests, and a site with media files."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from django_rclone.rclone.remote import Remote
from django_rclone.rclone.session import session
from tests.rclone.media_site import Site
from tests.unit.conftest import _own_rclone, databases, nothing_is_left, remote, until

__all__ = ["_own_rclone", "databases", "nothing_is_left", "remote", "until"]


@pytest.fixture
def site(tmp_path: Path, remote: Remote, settings: Any) -> Site:
    return Site(tmp_path / "media", remote, settings)


@pytest.fixture(params=["programs", "session"])
def either_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Queries by programs of their own, and by one rclone in the background: the same answers and the same errors."""
    with session() if request.param == "session" else nullcontext():
        yield


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port on which nobody listens: bound, so that nobody else gets it meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]
