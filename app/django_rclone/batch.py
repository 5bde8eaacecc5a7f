"""Runs over several items: each succeeds or fails alone, and the final error counts the failures."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django_rclone.exceptions import DjangoRcloneError, Interrupted, PartlyDone


def run_each[T](
    things: Iterable[T],
    work: Callable[[T], object],
    on_failure: Callable[[T, DjangoRcloneError], None],
    what: str = "databases",
) -> None:
    """Calls ``work`` for each item; after a failure, calls ``on_failure`` and continues. ``what`` names the items.

    Raises the failure itself if there is only one item, and PartlyDone if some items failed. If all failed, raises a
    DjangoRcloneError with their common exit code, or 1 if the codes differ. Interrupted is raised at once.
    """
    things = list(things)
    failures: list[DjangoRcloneError] = []
    for thing in things:
        try:
            work(thing)
        except Interrupted:
            raise
        except DjangoRcloneError as error:
            failures.append(error)
            on_failure(thing, error)
    if not failures:
        return
    if len(things) == 1:
        raise failures[0]
    summary = f"{len(failures)} of {len(things)} {what} failed."
    if len(failures) < len(things):
        raise PartlyDone(summary)
    worst = DjangoRcloneError(summary)
    worst.exit_code = failures[0].exit_code if len({error.exit_code for error in failures}) == 1 else 1
    raise worst
