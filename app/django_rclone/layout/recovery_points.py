"""Names of recovery points: the start of a run in UTC, to the second. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

PATTERN = r"[0-9]{8}T[0-9]{6}Z"
"""Regular expression of a recovery point's name."""

_FORMAT = "%Y%m%dT%H%M%SZ"


def name_of(moment: datetime) -> str:
    """Returns the name of a recovery point, for instance ``20261123T101500Z``."""
    return moment.astimezone(UTC).strftime(_FORMAT)


def moment_of(name: str) -> datetime:
    """Returns the moment of a recovery point. Raises ValueError if the name is not one of a recovery point."""
    if not re.fullmatch(PATTERN, name):
        raise ValueError(f"{name!r} is not a recovery point")
    return datetime.strptime(name, _FORMAT).replace(tzinfo=UTC)
