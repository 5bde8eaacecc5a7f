"""Several things in one run: each stands alone, and the end says how many failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django_rclone.exceptions import DjangoRcloneError, Interrupted, PartlyDone


def run_each[T](
    things: Iterable[T],
    work: Callable[[T], object],
    on_failure: Callable[[T, DjangoRcloneError], None],
    what: str = "databases",
) -> None:
    """Does ``work`` for everything. After a failure it calls ``on_failure`` and goes on. ``what`` they all are.

    Raises the failure of the only one; PartlyDone when some failed; when all did, an error with their exit code if
    they agree on one. An interruption ends it all at once.
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
