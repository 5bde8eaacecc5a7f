"""The output of a stream counts only if every program of it has succeeded."""

from __future__ import annotations

import pytest

from django_rclone.exceptions import ProgramFailed, Unavailable, VerificationFailed
from django_rclone.process import Limits, collect
from django_rclone.streams import Digest, Meter
from tests.unit.process.programs import sh

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def test_the_output_of_the_last_program_is_returned():
    meter = Meter()
    assert collect(sh("echo one; echo two"), meter, sh("cat"), sh("wc -l")).strip() == b"2"
    assert meter.bytes == 8


def test_large_output_is_whole():
    assert len(collect(sh("head -c 3000000 /dev/zero"), sh("cat"))) == 3_000_000


@pytest.mark.parametrize("first", ["exit 3", "echo one; exit 3"])
def test_a_program_that_fails_upstream_is_the_error(first: str):
    with pytest.raises(ProgramFailed) as raised:
        collect(sh(first), sh("cat"))
    assert raised.value.returncode == 3


def test_a_last_program_that_fails_is_the_error():
    with pytest.raises(ProgramFailed) as raised:
        collect(sh("echo one"), sh("cat; exit 4"))
    assert raised.value.returncode == 4


def test_a_filter_that_objects_is_the_error():
    with pytest.raises(VerificationFailed):
        collect(sh("echo one"), Digest((4, "0" * 64)), sh("cat"))


def test_a_time_limit_holds():
    with pytest.raises(Unavailable):
        collect(sh("sleep 60"), sh("cat"), limits=Limits(timeout=0.2))
