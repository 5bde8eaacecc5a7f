"""The forms that values of environment variables have. Each returns the value, or raises ValueError. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django_rclone import streams
from django_rclone.rclone import secrets
from django_rclone_sidecar.environment import malformed_urls
from django_rclone_sidecar.scheduler.schedule import Schedule


class Unfit(ValueError):
    """A value has the right form and cannot be used all the same; the message goes on after the variable's name."""


# YAML 1.1 has all but 1 and 0 (yaml.org/type/bool.html), and Compose hands on what stands in a file.
_ON = ("on", "true", "yes", "1", "y", "t")
_OFF = ("off", "false", "no", "0", "n", "f")

_LONGEST = 100 * 365 * 86400.0
"""Seconds of the longest duration, a century: what is added to a date must still be one."""
_MOST = 10**9
"""The largest whole number: nobody keeps more backups, and none that has more digits can be read."""
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def choice(*words: str) -> Callable[[str], str]:
    """Returns the form of a value that is one of these words, in any case."""

    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError
        return text.lower()

    return parse


def whole(text: str) -> int:
    """Whole numbers from 1 on."""
    if not re.fullmatch(r"0*[0-9]{1,10}", text) or not 1 <= int(text) <= _MOST:
        raise ValueError
    return int(text)


def seconds(text: str) -> float | None:
    """Durations such as ``600``, ``90s``, ``15m``, ``2h`` or ``1d``; ``off`` is None: no limit."""
    if text != "0" and is_off(text):  # a limit of nothing is none that somebody can mean
        return None
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError
    found = float(match[1]) * _UNITS[match[2]]
    if not 0 < found <= _LONGEST:
        raise ValueError
    return found


def delay(text: str) -> float | None:
    """Durations, and ``0`` or ``off`` for none."""
    return None if is_off(text) else seconds(text)


def words(text: str) -> tuple[str, ...]:
    """Names with commas or spaces between them."""
    return tuple(dict.fromkeys(re.split(r"[\s,]+", text.strip(", \n\t"))))


def line(text: str) -> str:
    """Any text of one line."""
    if "\n" in text or "\r" in text:
        raise ValueError
    return text


def folder(text: str) -> Path:
    """A folder; ``~`` is the user's own."""
    return Path(text).expanduser()


def time_zone(text: str) -> str:
    """A name of the time zone database."""
    try:
        return ZoneInfo(text).key
    except (KeyError, OSError) as error:
        raise ValueError from error


def compression(text: str) -> dict[str, Any]:
    """A method, and after a colon its level, as the setting COMPRESSION has it."""
    method, colon, level = text.lower().partition(":")
    if method not in streams.LEVELS or (colon and (not level.isdigit() or int(level) not in streams.LEVELS[method])):
        raise ValueError
    return {"METHOD": method, "LEVEL": int(level)} if colon else {"METHOD": method}


def cron(text: str) -> str | None:
    """A cron expression of five fields, or a shorthand such as ``@daily``; ``off`` is None."""
    if is_off(text):
        return None
    return Schedule(text, ZoneInfo("UTC")).expression


def is_off(text: str) -> bool:
    """Tells whether a text means off."""
    return text.strip().lower() in _OFF


def switch(text: str) -> bool:
    """on or off, as people and YAML write it."""
    if text.strip().lower() in _ON:
        return True
    if is_off(text):
        return False
    raise ValueError


def switch_or(*words: str) -> Callable[[str], str]:
    """Returns the form of a value that is one of these words, in any case, or ``on`` or ``off``."""

    def parse(text: str) -> str:
        if (word := text.strip().lower()) in words:
            return word
        return "on" if switch(text) else "off"

    return parse


def addresses(text: str) -> tuple[str, ...]:
    """URLs with blanks or line ends between them; a comma may be part of one."""
    return tuple(text.split())


def web_address(text: str) -> str:
    """The URL of a page."""
    parts = urlsplit(line(text))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError
    if malformed_urls.is_torn(text):
        raise Unfit(f'has an "@" behind its host. {malformed_urls.ADVICE}')
    parts.port  # noqa: B018 - raises ValueError for what is none
    return text


def port(text: str) -> int:
    """A TCP port."""
    if whole(text) > 65535:
        raise ValueError
    return int(text)


def remote(text: str) -> str:
    """What rclone takes as a remote, without a password in it."""
    if secrets.has_secret(text):
        raise Unfit(secrets.EXPOSED)
    return line(text)
