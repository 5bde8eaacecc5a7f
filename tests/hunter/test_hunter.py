"""A short hunt, always the same: a longer one, from any seed, is `make hunt`."""

from __future__ import annotations

import pickle

import pytest

from tests.hunter.hunting import hunt
from tests.hunter.model import Fault

SEED = 20261127
SECONDS = 150
"""Only a busy machine needs so many; what is left then is not hunted."""


@pytest.mark.timeout(400)
@pytest.mark.representatives("20")
@pytest.mark.parametrize("commands", [20, 120])
def test_no_project_loses_or_gets_what_it_should_not(capsys: pytest.CaptureFixture[str], commands: int) -> None:
    found = hunt(SECONDS, SEED, enough=commands)
    with capsys.disabled():
        print(f"\nThe hunter: {found}")
    assert found.catch is None, str(found)
    assert found.done > found.commands / 2, "most commands of a hunt succeed: else there is nothing to see"


def test_a_fault_comes_whole_out_of_the_process_that_found_it() -> None:
    found = pickle.loads(pickle.dumps(Fault("lost", "a row")))
    assert (found.kind, str(found)) == ("lost", "lost: a row")
