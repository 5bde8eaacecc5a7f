"""Validators of the values in ``DJANGO_RCLONE``.

Each returns the problem of a value, as a clause that follows the setting's name, or an empty string.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django_rclone import folder_overlap, streams
from django_rclone.layout import object_paths
from django_rclone.process.limits import LONGEST_LIMIT


def non_empty_string(value: Any) -> str:
    return "" if isinstance(value, str) and value else "must be a string, not empty"


def password(value: Any) -> str:
    fits = isinstance(value, str) and "\n" not in value and "\r" not in value
    return "" if fits else "must be a string of one line"


def path(value: Any) -> str:
    return "" if value is None or isinstance(value, str) or hasattr(value, "__fspath__") else "must be a path or None"


def flags(value: Any) -> str:
    fits = isinstance(value, list | tuple) and all(isinstance(flag, str) for flag in value)
    return "" if fits else 'must be a list of strings, for instance ["--bwlimit", "10M"]'


def folder(value: Any) -> str:
    if not isinstance(value, str):
        return "must be the name of a folder on the remote"
    return folder_overlap.name_problem(value)


def backup_folder(value: Any) -> str:
    if wrong := folder(value):
        return wrong
    # Objects in this folder must also be listed, restored and removed, so the rule for their paths applies.
    wrong = object_paths.path_problem(f"{value.strip('/')}/x")
    return f"cannot be {value!r}: it {wrong}" if wrong else ""


def project(value: Any) -> str:
    if not isinstance(value, str) or (value and not value.strip()):
        return "must be a string, not only white space"
    return "" if value.isprintable() else f"cannot be {value!r}: it contains unprintable characters"


def filename_template(value: Any) -> str:
    if isinstance(value, str) and not value.isprintable():
        return "contains unprintable characters"
    return object_paths.template_problem(value) if isinstance(value, str) else "must be a string"


def date_format(value: Any) -> str:
    if not isinstance(value, str) or not value:
        return "must be a strftime format"
    rendered = datetime(2026, 1, 2, 3, 4, 5).strftime(value)  # noqa: DTZ001 - only the format matters
    if not rendered.isprintable():
        return "renders unprintable characters"
    return "renders a '/' or '\\', which a file name cannot contain" if "/" in rendered or "\\" in rendered else ""


def positive_number(value: Any) -> str:
    fits = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    return "" if fits else "must be a whole number, 1 or more"


def boolean(value: Any) -> str:
    return "" if isinstance(value, bool) else "must be True or False"


def seconds(value: Any) -> str:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= LONGEST_LIMIT):
        return ""
    return "must be a number of seconds, or None for no limit"


_COUNTS = ("keep_last", "hourly", "daily", "weekly", "monthly", "yearly")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def retention(value: Any) -> str:
    keys = (*_COUNTS, "within")
    if not isinstance(value, Mapping):
        return f'must be a dictionary like {{"daily": 7, "within": "30d"}}; its keys are {", ".join(keys)}'
    for key, number in value.items():
        if key not in keys:
            similar = next(iter(difflib.get_close_matches(str(key), keys, n=1)), "")
            hint = f'did you mean "{similar}"?' if similar else f"the keys are {', '.join(keys)}"
            return f'has an unknown key "{key}" ({hint})'
        if key == "within" and duration(number) is None:
            return f'has "within": {number!r}: it must be a number of seconds, or a duration like "30d"'
        if key != "within" and (problem := positive_number(number)):
            return f'has "{key}": {number!r}: it {problem}'
    return ""


def duration(value: Any) -> float | None:
    """Returns a number of seconds, or a duration like ``30d``, in seconds; None if it is not valid."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip().lower())
        value = float(match[1]) * _UNITS[match[2]] if match else None
    return None if value is None or seconds(value) else float(value)


def mapping(value: Any, *, of: type, what: str) -> str:
    fits = isinstance(value, Mapping) and all(isinstance(k, str) and isinstance(v, of) for k, v in value.items())
    return "" if fits else f"must be a dictionary: {what}"


def database(value: Any) -> str:
    fits = isinstance(value, Mapping) and all(isinstance(key, str) for key in value)
    if not fits or (value and not (isinstance(value.get("ENGINE"), str) and value.get("NAME"))):
        return 'must be a dictionary like an entry of DATABASES, with "ENGINE" and "NAME"'
    return ""


def compression(value: Any) -> str:
    forms = '"zstd", "gzip", "none" or {"METHOD": "zstd", "LEVEL": 3}'
    if isinstance(value, str):
        return "" if value in streams.LEVELS else f"must be {forms}"
    if not isinstance(value, Mapping) or not {"METHOD"} <= set(value) <= {"METHOD", "LEVEL"}:
        return f"must be {forms}"
    method, level = value["METHOD"], value.get("LEVEL")
    if not isinstance(method, str) or method not in streams.LEVELS:
        return f"must be {forms}"
    levels = streams.LEVELS[method]
    if level is not None and (type(level) is not int or level not in levels):
        return f"has LEVEL {level!r}: {method} takes {levels.start} to {levels.stop - 1}"
    return ""
