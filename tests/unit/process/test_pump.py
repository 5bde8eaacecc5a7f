"""Filters and the gate: what they refuse is not committed, and the held-back bytes wait for the end."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone.command import Command
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError
from django_rclone.process import pipe, watchdog
from django_rclone.process.pump import Pump
from django_rclone.streams import Decompressor, Digest, Gate
from tests.unit.process.programs import MEGABYTE, Store, Until, sh, zeros

pytestmark = pytest.mark.usefixtures("nothing_is_left")


class Bad:
    """A filter that objects, to the bytes or at the end."""

    def __init__(self, *, at_the_end: bool) -> None:
        self._at_the_end = at_the_end

    def feed(self, data: bytes) -> Iterable[bytes]:
        if not self._at_the_end:
            raise ConfigurationError("these bytes are wrong")
        return (data,)

    def finish(self) -> Iterable[bytes]:
        raise ConfigurationError("the end is wrong")


@pytest.mark.parametrize("at_the_end", [True, False])
@pytest.mark.parametrize("behind", [(), (sh("cat"),)])
def test_a_filter_that_objects_stops_the_commit(store: Store, at_the_end: bool, behind: tuple[Command, ...]) -> None:
    with pytest.raises(ConfigurationError, match="wrong"):
        pipe(zeros(2 * MEGABYTE), Bad(at_the_end=at_the_end), *behind, store.command)
    assert not store.committed


def test_the_first_filter_is_blamed_when_a_later_one_stumbles_over_its_bytes(store: Store) -> None:
    with pytest.raises(DjangoRcloneError, match="bytes instead of the"):
        pipe(zeros(MEGABYTE), Digest((5, "0" * 64)), Decompressor("zstd"), store.command)
    assert not store.committed


def test_the_held_back_bytes_and_the_end_wait_for_the_verdict(store: Store, until: Until) -> None:
    seen: list[bytes] = []

    def tail(held: bytes) -> bytes:
        seen.append(held)
        until(lambda: store.size == MEGABYTE - 1000, "all but the held-back bytes")
        raise ConfigurationError("no")

    with pytest.raises(ConfigurationError, match=r"^no$"):
        pipe(zeros(MEGABYTE), store.command, gate=Gate(hold=1000, tail=tail))
    assert seen == [bytes(1000)]
    assert store.size == MEGABYTE - 1000
    assert not store.committed


def test_a_gate_changes_the_first_and_the_last_bytes(store: Store) -> None:
    pipe(
        sh("printf 'begin;middle;commit;'"),
        store.command,
        gate=Gate(hold=7, head=lambda held: b"<" + held, tail=lambda held: held.upper() + b">"),
    )
    assert store.file.read_bytes() == b"<begin;middle;COMMIT;>"


def test_a_gate_sees_all_of_a_stream_that_is_shorter_than_what_it_holds(store: Store) -> None:
    pipe(sh("printf ab"), store.command, gate=Gate(hold=100, head=lambda held: held + b"c", tail=lambda held: held * 2))
    assert store.file.read_bytes() == b"abcabc"


def test_a_gate_that_objects_to_the_beginning_lets_nothing_through(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "ROOT_CAUSE_WAIT", 0.1)

    def head(held: bytes) -> bytes:
        raise ConfigurationError(f"bad beginning of {len(held) >= 10}")

    with pytest.raises(ConfigurationError, match=r"^bad beginning of True$"):
        pipe(zeros(5 * MEGABYTE), store.command, gate=Gate(hold=10, head=head))
    assert store.size == 0
    assert not store.committed


@given(pieces=st.lists(st.binary(min_size=1, max_size=50), max_size=5), hold=st.integers(0, 120))
def test_a_gate_holds_back_exactly_its_bytes_however_they_come(pieces: list[bytes], hold: int) -> None:
    source_read, source_write = os.pipe()
    sink_read, sink_write = os.pipe()
    os.set_blocking(sink_read, False)
    pump = Pump(source_read, sink_write, [], Gate(hold=hold))
    pump._NAP = 0  # type: ignore[misc]
    pump.start()
    for piece in pieces:
        os.write(source_write, piece)
    os.close(source_write)
    pump.drained.wait()
    everything = b"".join(pieces)
    free = len(everything) - min(hold, len(everything))
    assert _now(sink_read) == everything[:free]
    pump.release()
    pump.join()
    assert _now(sink_read) == everything[free:]
    os.close(sink_read)


def _now(descriptor: int) -> bytes:
    """What can be read without waiting."""
    try:
        return os.read(descriptor, 1 << 16)
    except BlockingIOError:
        return b""
