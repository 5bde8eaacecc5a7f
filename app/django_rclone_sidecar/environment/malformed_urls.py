"""Detection of URLs whose password contains an unescaped ``/``, ``?`` or ``#``.

Every parser reads ``postgres://app:2024/S3cret@db/app`` as the host ``app``, and the rest of the password would appear
as the name of a database.
"""

from __future__ import annotations

import re

ADVICE = "Special characters in the password must be percent-encoded (/ as %2F, @ as %40, ? as %3F, # as %23)."


def is_malformed(url: str) -> bool:
    """Returns whether the path, query or fragment contains part of a password: there is an ``@`` after the host."""
    _scheme, separator, rest = url.partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    after = rest[len(authority) :]
    if not separator or not authority:
        return False
    if "@" in authority:  # the password may contain another one
        return "@" in re.split("[?#]", after, maxsplit=1)[0]
    return ":" in re.sub(r"\[.*?\]", "", authority) and "@" in after
