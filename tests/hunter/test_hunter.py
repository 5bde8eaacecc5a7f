"""A short hunt, always the same: a longer one, from any seed, is `make hunt`."""

from __future__ import annotations

import pytest

from tests.hunter.hunting import hunt

SEED = 20261127
SEEDS = 6
SECONDS = 60


@pytest.mark.timeout(400)
def test_no_project_loses_or_gets_what_it_should_not(capsys: pytest.CaptureFixture[str]) -> None:
    found = hunt(SECONDS, SEED, limit=SEEDS)
    with capsys.disabled():
        print(f"\nThe hunter: {found}")
    assert found.catch is None, str(found)
