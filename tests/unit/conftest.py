"""Fixtures of the unit tests: the environment's own rclone, a remote in a folder, and a check for leftovers."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db.utils import ConnectionHandler

from django_rclone.rclone.remote import Remote


@pytest.fixture(autouse=True)
def _own_rclone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rclone of the environment that runs the tests, and no configuration of whoever runs them."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"])
    for name in [name for name in os.environ if name.startswith("RCLONE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RCLONE_CONFIG", "")  # none at all


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    """A remote in an empty folder."""
    (tmp_path / "remote").mkdir()
    return Remote(str(tmp_path / "remote"))


@pytest.fixture
def databases(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], None]:
    """Sets DATABASES. (Django warns when its own way to change settings is used for them.)"""

    def change(value: dict[str, Any]) -> None:
        monkeypatch.setattr(django_settings, "DATABASES", value)
        monkeypatch.setattr("django_rclone.db.registry.connections", ConnectionHandler())

    return change


@pytest.fixture
def until() -> Callable[[Callable[[], object], str], None]:
    """Waits, within bounds, for something that another process does in its own time."""

    def wait(condition: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come about"
            time.sleep(0.005)

    return wait


@pytest.fixture
def nothing_is_left(until: Callable[[Callable[[], object], str], None]) -> Iterator[None]:
    """No descriptor, thread, running program or zombie more than before."""

    def state() -> tuple[set[str], set[threading.Thread]]:
        return set(os.listdir("/proc/self/fd")), set(threading.enumerate())  # noqa: PTH208 - numbers, not paths

    before, servers = state(), set(children())  # storage servers of other tests may run
    yield
    until(lambda: state() == before and set(children()) <= servers, "cleaning up")


def children() -> list[str]:
    """Process ids of our children, zombies too."""
    return Path("/proc/self/task", str(os.getpid()), "children").read_text().split()
