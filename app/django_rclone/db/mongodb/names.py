"""Names of the collections that a restore creates. No dump and no manifest includes them."""

from __future__ import annotations

import re

PREFIX = "__rs_"
JOURNAL = f"{PREFIX}journal"
_STAGED = re.compile(rf"{PREFIX}[0-9a-f]{{8}}_.", re.DOTALL)


def staged_prefix(token: str) -> str:
    """Returns the prefix of a restore's staged collections; ``token`` is eight hexadecimal digits."""
    return f"{PREFIX}{token}_"


def is_internal(name: str) -> bool:
    """Returns whether a collection belongs to a restore."""
    return name == JOURNAL or _STAGED.match(name) is not None
