"""That the hunter sees the faults that it was made for: each is put back, and a few steps lead to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.hunter.hunting import prepared
from tests.hunter.machine import Machine
from tests.hunter.model import Fault
from tests.hunter.mutations import MUTATIONS
from tests.hunter.world import Plan

ALPHA = Plan(
    remote="a",
    label="alpha",
    alias="default",
    name="app.sqlite3",
    db_folder="db",
    media_folder="media",
    keep=1,
    engine="sqlite",
    form="file",
    compression="zstd",
    wal=True,
    container=False,
    flags=(),
)
BETA = replace(ALPHA, label="beta")
NAMELESS = replace(ALPHA, label="")


@contextmanager
def example(mutation: str, *plans: Plan) -> Iterator[Machine]:
    """A machine with these projects, and a fault."""
    with prepared(mutation) as hunt:
        Machine.hunt = hunt
        machine = Machine()
        machine.begin(drawn_plans=list(plans))
        try:
            yield machine
        finally:
            machine.teardown()


def shared_mirror(machine: Machine) -> None:
    machine.back_up_media(p=0, kill=None, allow=())
    machine.back_up_media(p=1, kill=None, allow=())


def overlapping_folders(machine: Machine) -> None:
    machine.back_up_again(p=0, ahead=0)
    machine.back_up_media(p=0, kill=None, allow=())


def clock_ahead(machine: Machine) -> None:
    machine.back_up_again(p=0, ahead=2 * 86400)
    machine.back_up_and_clean(p=0, kill=None, ahead=0)


def adopted(machine: Machine) -> None:
    machine.back_up_again(p=1, ahead=0)
    machine.restore_latest(p=0, kill=None)


WAYS: dict[str, tuple[Callable[[Machine], None], tuple[Plan, ...]]] = {
    "shared-mirror": (shared_mirror, (ALPHA, BETA)),
    "overlapping-folders": (overlapping_folders, (replace(ALPHA, media_folder="db", label=""), BETA)),
    "clock-ahead": (clock_ahead, (ALPHA, BETA)),
    "adopted": (adopted, (ALPHA, NAMELESS)),
}


@pytest.mark.representatives("shared-mirror")
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_fault_that_was_mended_is_seen_when_it_comes_back(name: str) -> None:
    steps, plans = WAYS[name]
    with pytest.raises(Fault), example(name, *plans) as machine:
        steps(machine)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", WAYS)
def test_without_the_fault_the_same_steps_do_no_harm(name: str) -> None:
    steps, plans = WAYS[name]
    with example("", *plans) as machine:
        steps(machine)
