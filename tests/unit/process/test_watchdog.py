"""Time limits of a stream."""

from __future__ import annotations

import pytest

from django_rclone.command import Command
from django_rclone.exceptions import Unavailable
from django_rclone.process import Limits, pipe
from tests.unit.process.programs import MEGABYTE, Store, sh, zeros

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def test_a_stream_that_takes_too_long_is_ended(store: Store) -> None:
    with pytest.raises(Unavailable, match=r"within 0\.2 s \(TIMEOUT\)\. Last output: still here"):
        pipe(sh("echo still here >&2; yes"), store.command, limits=Limits(timeout=0.2))
    assert not store.committed


def test_a_source_that_stands_still_is_ended_and_named(store: Store) -> None:
    with pytest.raises(Unavailable, match=r"Nothing moved for 0\.2 s while waiting for sleep"):
        pipe(Command(("sleep", "600")), store.command, limits=Limits(stall=0.2))
    assert not store.committed


@pytest.mark.parametrize("sink", ["sleep 600", "cat > /dev/null; sleep 600"])
def test_storage_that_stands_still_is_ended_and_named(sink: str) -> None:
    with pytest.raises(Unavailable, match=r"Nothing moved for 0\.2 s while waiting for sh "):
        pipe(zeros(5 * MEGABYTE), sh(sink), limits=Limits(stall=0.2))


@pytest.mark.parametrize("client", ["sleep 0.5; cat > /dev/null", "cat > /dev/null; sleep 0.5"])
def test_a_client_may_take_its_time(client: str) -> None:
    pipe(zeros(5 * MEGABYTE), Command(("sh", "-c", client), is_loader=True), limits=Limits(stall=0.1))
