"""Keeps secrets out of everything that people read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# Shorter values would mask ordinary letters everywhere, and are no secrets worth the name.
_SHORTEST = 3
# A switch with a name like AUTH is no secret, and its value is in every line of JSON.
_SWITCHED = frozenset(("true", "false", "yes", "off", "none", "null", "unset"))
_NAMES = re.compile(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL|AUTH|DSN", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(\w://[^\s:/@]*:)[^\s/@]+(@)")


def looks_secret(name: str) -> bool:
    """Tells whether a variable, flag or option of this name usually holds a secret."""
    return bool(_NAMES.search(name))


def secret_values(env: Mapping[str, str]) -> list[str]:
    """Returns the values of the variables whose names say that they are secrets.

    A ``…_FILE`` holds the path of one: messages about it must show that.
    """
    return [value for name, value in env.items() if looks_secret(name) and not name.upper().endswith("_FILE")]


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """Returns ``text`` with every secret, and every password inside a URL, replaced by ``***``."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= _SHORTEST and secret.lower() not in _SWITCHED:
            text = text.replace(secret, "***")
    return _URL_PASSWORD.sub(r"\1***\2", text)
