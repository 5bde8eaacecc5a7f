"""Parsers of the values of environment variables. Each returns the value or raises ValueError.

Every command imports this module when it starts, so what only one parser needs is imported there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django_rclone.process.limits import LONGEST
from django_rclone.rclone import secrets
from django_rclone_sidecar.environment import malformed_urls


class UnusableValue(ValueError):
    """The value has the right form but cannot be used. The message follows the variable's name."""


# The booleans of YAML 1.1 (yaml.org/type/bool.html), which Compose passes on unchanged, and 1 and 0.
_ON = ("on", "true", "yes", "1", "y", "t")
_OFF = ("off", "false", "no", "0", "n", "f")

_MOST = 10**9
"""Largest accepted whole number."""
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def choice(*choices: str) -> Callable[[str], str]:
    """Returns a parser for one of these words, in any case."""

    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError
        return text.lower()

    return parse


def whole_number(text: str) -> int:
    """A whole number, 1 or more."""
    if not re.fullmatch(r"0*[0-9]{1,10}", text) or not 1 <= int(text) <= _MOST:
        raise ValueError
    return int(text)


def seconds(text: str) -> float | None:
    """A duration such as ``600``, ``90s``, ``15m``, ``2h`` or ``1d``; ``off`` is None: no limit."""
    if text != "0" and is_off(text):  # a limit of 0 seconds makes no sense
        return None
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError
    found = float(match[1]) * _UNITS[match[2]]
    if not 0 < found <= LONGEST:
        raise ValueError
    return found


def delay(text: str) -> float | None:
    """A duration, or ``0`` or ``off`` for none."""
    return None if is_off(text) else seconds(text)


def names(text: str) -> tuple[str, ...]:
    """Names separated by commas or white space, without duplicates."""
    return tuple(dict.fromkeys(re.split(r"[\s,]+", text.strip(", \n\t"))))


def line(text: str) -> str:
    """A string of one line."""
    if "\n" in text or "\r" in text:
        raise ValueError
    return text


def folder(text: str) -> Path:
    """A path; ``~`` is the user's home folder."""
    return Path(text).expanduser()


def time_zone(text: str) -> str:
    """A name in the database of time zones."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - see above

    try:
        return ZoneInfo(text).key
    except (KeyError, OSError) as error:
        raise ValueError from error


def compression(text: str) -> dict[str, Any]:
    """A method, optionally with a level after a colon. Returns the value of the setting COMPRESSION."""
    from django_rclone import streams  # noqa: PLC0415 - see above

    method, colon, level = text.lower().partition(":")
    if method not in streams.LEVELS or (colon and (not level.isdigit() or int(level) not in streams.LEVELS[method])):
        raise ValueError
    return {"METHOD": method, "LEVEL": int(level)} if colon else {"METHOD": method}


def cron(text: str) -> str | None:
    """A cron expression of five fields, or a shorthand such as ``@daily``; ``off`` is None."""
    if is_off(text):
        return None
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - see above

    from django_rclone_sidecar.scheduler.schedule import Schedule  # noqa: PLC0415

    return Schedule(text, ZoneInfo("UTC")).expression


def is_off(text: str) -> bool:
    """Returns whether a value is ``off`` or a synonym."""
    return text.strip().lower() in _OFF


def switch(text: str) -> bool:
    """``on`` or ``off``, or a synonym in YAML."""
    if text.strip().lower() in _ON:
        return True
    if is_off(text):
        return False
    raise ValueError


def switch_or(*choices: str) -> Callable[[str], str]:
    """Returns a parser for one of these words, in any case, or ``on`` or ``off``."""

    def parse(text: str) -> str:
        if (word := text.strip().lower()) in choices:
            return word
        return "on" if switch(text) else "off"

    return parse


def addresses(text: str) -> tuple[str, ...]:
    """URLs separated by white space; they may contain commas."""
    return tuple(text.split())


def web_address(text: str) -> str:
    """An http or https URL."""
    parts = urlsplit(line(text))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError
    if malformed_urls.is_malformed(text):
        raise UnusableValue(f'has an "@" after the host. {malformed_urls.ADVICE}')
    parts.port  # noqa: B018 - raises ValueError if it is not valid
    return text


def port(text: str) -> int:
    """A TCP port."""
    if whole_number(text) > 65535:
        raise ValueError
    return int(text)


def remote(text: str) -> str:
    """A remote as in rclone's command line, without a password."""
    if secrets.has_secret(text):
        raise UnusableValue(secrets.EXPOSED)
    return line(text)
