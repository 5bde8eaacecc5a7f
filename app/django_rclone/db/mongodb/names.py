"""The names of what a restore makes beside the live collections, which no dump and no manifest shows."""

from __future__ import annotations

import re

PREFIX = "__rs_"
JOURNAL = f"{PREFIX}journal"
_STAGED = re.compile(rf"{PREFIX}[0-9a-f]{{8}}_.", re.DOTALL)


def staged_prefix(token: str) -> str:
    """Returns what the names of a restore's staged collections begin with; ``token`` is eight hexadecimal digits."""
    return f"{PREFIX}{token}_"


def is_internal(name: str) -> bool:
    """Returns whether a collection is a restore's own."""
    return name == JOURNAL or _STAGED.match(name) is not None
