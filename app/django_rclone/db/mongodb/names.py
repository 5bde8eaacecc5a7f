"""Names of the collections that a restore or a drill creates. No dump and no manifest includes them."""

from __future__ import annotations

import re

PREFIX = "__rs_"
JOURNAL = f"{PREFIX}journal"
CLAIM = f"{PREFIX}claim"
"""The collection of a drill's claim to a scratch database."""
LONGEST_DATABASE = 63
"""Bytes, https://www.mongodb.com/docs/manual/reference/limits/."""
_STAGED = re.compile(rf"{PREFIX}[0-9a-f]{{8}}_.", re.DOTALL)


def staged_prefix(token: str) -> str:
    """Returns the prefix of a restore's staged collections; ``token`` is eight hexadecimal digits."""
    return f"{PREFIX}{token}_"


def is_internal(name: str) -> bool:
    """Returns whether a collection belongs to a restore, or to a drill."""
    return name in (JOURNAL, CLAIM) or is_staged(name)


def is_staged(name: str) -> bool:
    """Returns whether a collection is one that a restore has staged."""
    return _STAGED.match(name) is not None
