"""Names of the scratch databases of drills. Pure.

``shop__drill_0a1b2c3d_4e5f6a7b``: the beginning of the database's own name, the owner, which is the same for all drills
of one database, and a random part.
"""

from __future__ import annotations

_INFIX = "__drill_"
_HEX = 8


def scratch_name(database: str, owner: str, token: str, longest: int) -> str:
    """Returns the name of a scratch database, of at most ``longest`` bytes."""
    return f"{stem(database, longest)}{_INFIX}{owner}_{token}"


def stem(database: str, longest: int) -> str:
    """Returns the beginning that the names of all scratch databases of a database have."""
    room = longest - len(_INFIX) - 2 * _HEX - 1
    return database.encode(errors="surrogateescape")[:room].decode(errors="ignore")


def pattern(owner: str) -> str:
    """Returns the regular expression for the rest of these names, in the syntax of Python and PostgreSQL."""
    return f"^{_INFIX}{owner}_[0-9a-f]{{{_HEX}}}$"
