"""What the verbs that do something with several databases share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django_rclone import batch
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Interrupted

logger = logging.getLogger(__name__)


class Reported(DjangoRcloneError):
    """A failure of which the log has said everything already."""

    def __init__(self, error: DjangoRcloneError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code


class Mistyped(ConfigurationError):
    """An argument names what is not there: nothing was begun, so nothing has failed."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a run. ``database`` is its alias, empty for the media files."""

    work: Callable[[], object]
    database: str = ""
    engine: str = ""


def each(verb: str, parts: Sequence[Part]) -> None:
    """Does every part; each stands alone. The log tells of each failure, then Reported is raised."""

    def told(part: Part, error: DjangoRcloneError) -> None:
        where = {"database": part.database} if part.database else {}
        logger.error("%s", error, extra={"event": f"{verb}.failed", **where})

    try:
        batch.each(parts, lambda part: part.work(), told, what="parts of this run")
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        if len(parts) > 1:
            logger.error("%s", error, extra={"event": f"{verb}.ended"})
        raise Reported(error) from error
