"""Runs over several items: each succeeds or fails alone, and the final error counts the failures."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django_rclone import exit_codes
from django_rclone.exceptions import DjangoRcloneError, Interrupted, PartlyDone


def run_each[T](
    items: Iterable[T],
    work: Callable[[T], object],
    on_failure: Callable[[T, DjangoRcloneError], None],
    what: str = "databases",
    *,
    decisive: type[DjangoRcloneError] | None = None,
) -> None:
    """Calls ``work`` for each item; after a failure, calls ``on_failure`` and continues. ``what`` names the items.

    Raises the failure itself if there is only one item, and PartlyDone if some items failed. If all failed, raises a
    DjangoRcloneError with their exit code, or 1 if their codes differ. If one of them was a ``decisive`` error, the
    final error has its exit code in any case. Interrupted is raised at once.
    """
    items = list(items)
    failures: list[DjangoRcloneError] = []
    for item in items:
        try:
            work(item)
        except Interrupted:
            raise
        except DjangoRcloneError as error:
            failures.append(error)
            on_failure(item, error)
    if not failures:
        return
    if len(items) == 1:
        raise failures[0]
    summary = f"{len(failures)} of {len(items)} {what} failed."
    codes = {failure.exit_code for failure in failures}
    if decisive is not None and any(isinstance(failure, decisive) for failure in failures):
        codes = {decisive.exit_code}
    elif len(failures) < len(items):
        raise PartlyDone(summary)
    summed_up = DjangoRcloneError(summary)
    summed_up.exit_code = codes.pop() if len(codes) == 1 else exit_codes.FAILED
    raise summed_up
