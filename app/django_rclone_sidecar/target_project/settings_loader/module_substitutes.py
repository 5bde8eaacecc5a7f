"""Modules that stand for others: what left Python or came into it later, with the same interface.

Settings that were written for an older Python, or for more than one, import them; the web container may have an older
Python than this one.
"""

from __future__ import annotations

import importlib
import types
from collections.abc import Mapping

LEFT: Mapping[str, str] = {
    **dict.fromkeys(("asynchat", "asyncore", "distutils", "imp", "smtpd"), "3.12"),
    **dict.fromkeys(("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap"), "3.13"),
    **dict.fromkeys(("msilib", "nis", "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau"), "3.13"),
    **dict.fromkeys(("telnetlib", "uu", "xdrlib"), "3.13"),
    **dict.fromkeys(("binhex", "formatter", "parser", "symbol", "macpath"), "3.11"),
}
"""The version that no longer had them. https://docs.python.org/3/library/superseded.html"""

_SAME: Mapping[str, str] = {
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
    """Tells whether parts of a package are known although it is not here."""
    return top in ("distutils", *_SAME)


def same_module(name: str) -> types.ModuleType | None:
    """Returns a module that is the same as ``name`` to those who use it."""
    if name not in _SAME:
        return None
    module = types.ModuleType(name)
    real = vars(importlib.import_module(_SAME[name]))
    vars(module).update({key: value for key, value in real.items() if not key.startswith("__")})
    return module


def known_parts(name: str) -> Mapping[str, object]:
    """Returns what is known of a module whose other parts are not."""
    return {"strtobool": strtobool} if name == "distutils.util" else {}
