"""Recovery from interrupted restores, by the journals that they have left on the server."""

from __future__ import annotations

import dataclasses

from django_rclone.db.mysql import journal
from django_rclone.db.mysql.facts import Leftover, LiveDatabase
from django_rclone.db.mysql.names import leftovers, lock
from django_rclone.db.mysql.swap import SWAP_LOCK_WAIT, Swap

_MINIMUM_AGE = 60
"""Seconds for which a restore may have no session, between its load and its swap."""


def is_unfinished(live: LiveDatabase) -> bool:
    """Returns whether an interrupted restore has to be finished, undone or cleaned up."""
    return any(_is_actionable(leftover, live.locked) for leftover in live.leftovers)


def _is_actionable(leftover: Leftover, locked: bool) -> bool:
    state = leftover.state
    if state == journal.SWAPPING:
        return True  # if that restore is running, finish() waits for its lock and finds nothing to do
    return not locked and (state != journal.LOADED or leftover.age > _MINIMUM_AGE)


def finish(swap: Swap) -> None:
    """Finishes swaps that were interrupted after their point of no return, undoes those that were interrupted earlier,
    and drops scratch schemas of interrupted loads."""
    state = swap.inspect(swap.live)
    for name in leftovers(state.schemas, swap.live):
        _finish_one(dataclasses.replace(swap, scratch=name))


def _finish_one(swap: Swap) -> None:
    found = journal.read(swap.session, swap.scratch)
    if found is not None and found.state == journal.SWAPPING:
        # If that restore is running, it ends in a moment.
        swap.session.run(journal.assert_lock(swap.live, SWAP_LOCK_WAIT))
        found = journal.read(swap.session, swap.scratch)
    if found is not None and found.state == journal.SWAPPING:
        swap.finish(found)
    elif swap.session.run(f"SELECT IS_FREE_LOCK('{lock(swap.live)}');").strip() == "1":
        swap.drop_scratch()
