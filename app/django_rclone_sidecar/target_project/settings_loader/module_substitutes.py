"""Substitutes for modules that Python has under another name, or no longer.

Settings for older Python versions import such modules; the web container may have an older Python than this one.
"""

from __future__ import annotations

import importlib
import types
from collections.abc import Mapping

REMOVED_FROM_PYTHON: Mapping[str, str] = {
    **dict.fromkeys(("asynchat", "asyncore", "distutils", "imp", "smtpd"), "3.12"),
    **dict.fromkeys(("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap"), "3.13"),
    **dict.fromkeys(("msilib", "nis", "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau"), "3.13"),
    **dict.fromkeys(("telnetlib", "uu", "xdrlib"), "3.13"),
    **dict.fromkeys(("binhex", "formatter", "parser", "symbol", "macpath"), "3.11"),
}
"""Module → Python version that removed it. https://docs.python.org/3/library/superseded.html"""

_SUBSTITUTES: Mapping[str, str] = {
    "tomli": "tomllib",
    "importlib_metadata": "importlib.metadata",
    "importlib_resources": "importlib.resources",
    "backports.zoneinfo": "zoneinfo",
    "pathlib2": "pathlib",
    "simplejson": "json",
}
_TRUE, _FALSE = ("y", "yes", "t", "true", "on", "1"), ("n", "no", "f", "false", "off", "0")


def strtobool(value: str) -> int:
    """Returns 1 or 0, as ``distutils.util.strtobool`` did. Raises ValueError."""
    lowered = value.lower()
    if lowered not in (*_TRUE, *_FALSE):
        raise ValueError(f"invalid truth value {value!r}")
    return int(lowered in _TRUE)


def has_substitute(top: str) -> bool:
    """Returns whether a missing package has a substitute, at least for parts of it."""
    return top in ("distutils", *_SUBSTITUTES)


def substitute(name: str) -> types.ModuleType | None:
    """Returns a module with the same interface as ``name``; None if there is none."""
    if name not in _SUBSTITUTES:
        return None
    module = types.ModuleType(name)
    real = vars(importlib.import_module(_SUBSTITUTES[name]))
    vars(module).update({key: value for key, value in real.items() if not key.startswith("__")})
    return module


def known_attributes(name: str) -> Mapping[str, object]:
    """Returns the known attributes of a module that otherwise is a stub."""
    return {"strtobool": strtobool} if name == "distutils.util" else {}
