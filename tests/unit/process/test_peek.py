"""A reader may stop when it has seen enough of a stream."""

from __future__ import annotations

import pytest

from django_rclone.command import Command
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, ProgramFailed, Unavailable
from django_rclone.process import peek
from django_rclone.streams import Decompressor, Meter
from tests.unit.process.programs import sh

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def test_a_reader_may_stop_when_it_has_seen_enough() -> None:
    assert peek(sh("yes"), sh("head -c 6")) == b"y\ny\ny\n"


def test_a_reader_that_needs_everything_gets_everything() -> None:
    assert peek(sh("echo a; echo b"), Meter(), sh("cat"), sh("wc -l")).strip() == b"2"


def test_a_reader_that_fails_because_the_source_failed_is_not_blamed() -> None:
    with pytest.raises(ProgramFailed, match="exit code 3: no such object"):
        peek(sh("echo no such object >&2; exit 3"), sh("cat; exit 1"))


def test_a_reader_that_fails_by_itself_is_blamed() -> None:
    with pytest.raises(ProgramFailed, match="exit code 1: not an archive"):
        peek(sh("echo text"), sh("cat > /dev/null; echo not an archive >&2; exit 1"))


def test_a_filter_that_objects_is_blamed_for_the_reader() -> None:
    with pytest.raises(DjangoRcloneError, match="is not complete zstd data"):
        peek(sh("echo text"), Decompressor("zstd"), sh("cat; exit 1"))


def test_looking_has_its_time() -> None:
    with pytest.raises(Unavailable, match=r"within 0\.2 s"):
        peek(sh("sleep 600"), sh("cat"), timeout=0.2)


def test_looking_with_a_missing_reader_leaves_nothing_running() -> None:
    with pytest.raises(ConfigurationError, match="not found"):
        peek(sh("yes"), Command(("no-such-program",)))
