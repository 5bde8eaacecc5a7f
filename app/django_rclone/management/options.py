"""Options of both command lines: one that is given must say something. Pure."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterable, Mapping
from typing import Any

_EMPTY = "is empty: is a shell variable not set? Leave the option out, or give it a value"


def text(value: str) -> str:
    """The type of every option that takes a value: an unset shell variable must not mean the default."""
    if not value.strip():
        raise ArgumentTypeError(_EMPTY)
    return value


def empty_option_problem(options: Mapping[str, Any], names: Iterable[str]) -> str:
    """Returns what is wrong with options that did not come through a parser (``call_command``); empty: nothing."""
    for name in names:
        value = options.get(name)
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, str) and not one.strip():
                return f"--{name.replace('_', '-')} {_EMPTY}."
    return ""
