"""Ids of backups, which make the names of objects and manifests unique. Pure; the randomness is passed in."""

from __future__ import annotations

import random
import re

PATTERN = r"[a-z][a-z0-9]{4}[0-9]"
"""Regular expression of an id."""

_LETTERS, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"


def new_id(source: random.Random) -> str:
    """Returns six random letters and digits. The first is a letter and the last a digit, so that no part of a date and
    no word in a file's name can be mistaken for an id.
    """
    middle = "".join(source.choices(_LETTERS + _DIGITS, k=4))
    return source.choice(_LETTERS) + middle + source.choice(_DIGITS)


def is_id(text: str) -> bool:
    """Returns whether a string has the form of a backup's id."""
    return re.fullmatch(PATTERN, text) is not None
