"""Malformed URLs: an unescaped ``/``, ``?`` or ``#`` in a password ends the host.

``postgres://app:2024/S3cret@db/app`` is the host ``app`` for every parser, and the rest of the password would be shown
as the name of a database.
"""

from __future__ import annotations

import re

ADVICE = "Special characters in the password must be percent-encoded (/ as %2F, @ as %40, ? as %3F, # as %23)."


def is_malformed(url: str) -> bool:
    """Tells whether part of a password has become path, query or fragment: an ``@`` comes after the host."""
    _scheme, separator, rest = url.partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    behind = rest[len(authority) :]
    if not separator or not authority:
        return False
    if "@" in authority:  # the first of several may be part of the password
        return "@" in re.split("[?#]", behind, maxsplit=1)[0]
    return ":" in re.sub(r"\[.*?\]", "", authority) and "@" in behind
