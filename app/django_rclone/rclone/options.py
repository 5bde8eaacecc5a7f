"""Table of rclone's options that users may set. The code applies it and docs/settings.md shows it.

Users configure remotes, credentials, transport and speed. No user setting may make rclone skip, hide, keep or delete
files, or hide from django-rclone what it did.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from django_rclone.rclone import backend_options


class Rule(Enum):
    """Treatment of an option that users set."""

    PASSED = "passed on"
    MEDIA = "for media files only"
    OURS = "set by django-rclone itself"
    REFUSED = "refused"


class Takes(Enum):
    """Kind of value that a flag takes."""

    VALUE = "a value"
    NOTHING = "no value"
    SEVERAL = "a value, several times"


@dataclass(frozen=True, slots=True)
class Option:
    """One of rclone's options.

    ``reason`` is the consequence of passing it (or its ``refused_value``) on; ``only`` is a pattern for the values that
    are passed on.
    """

    rule: Rule
    takes: Takes = Takes.VALUE
    secret: bool = False
    reason: str = ""
    refused_value: str = ""
    only: str = ""


PASSED: Mapping[str, str] = {
    "configuration": "config password-command cache-dir temp-dir",
    "bandwidth and limits": "bwlimit bwlimit-file tpslimit tpslimit-burst max-connections dscp",
    "timeouts and retries": "contimeout timeout expect-continue-timeout low-level-retries kv-lock-time",
    "proxies and addresses": "http-proxy bind",
    "certificates": "ca-cert* client-cert client-key client-pass! no-check-certificate?",
    "HTTP": "header! header-upload! header-download! user-agent use-cookies? disable-http2? "
    "disable-http-keep-alives? no-gzip-encoding? disable",
    "parallelism": "transfers checkers multi-thread-streams multi-thread-cutoff multi-thread-chunk-size "
    "multi-thread-write-buffer-size order-by max-backlog check-first?",
    "memory": "buffer-size max-buffer-memory use-mmap? streaming-upload-cutoff list-cutoff",
    "listing": "fast-list?",
    "times and metadata of media files": "metadata? modify-window no-update-modtime? no-update-dir-modtime? "
    "server-side-across-configs?",
}
"""Options passed on to every call: ``?`` marks a flag without a value, ``*`` one that may be repeated, ``!`` one that
holds a secret."""

SINGLE_IN_ENVIRONMENT = ("header", "header-upload", "header-download")
"""Flags that may be repeated on rclone's command line, but have one literal value in the environment."""

FILTERS = (
    "exclude* include* filter* exclude-from* include-from* filter-from* files-from* files-from-raw* files-from0* "
    "exclude-if-present* min-size max-size min-age max-age max-depth hash-filter ignore-case?"
)
"""Filters (https://rclone.org/filtering/), passed only to the sync of media files; same marks as in ``PASSED``."""

OURS: Mapping[str, str] = {
    "log": "log-level log-file log-file-compress? log-file-max-age log-file-max-backups log-file-max-size log-format "
    "log-systemd? windows-event-log-level syslog? syslog-facility use-json-log? verbose? quiet? color",
    "statistics and progress": "stats stats-file-name-length stats-log-level stats-one-line? stats-one-line-date? "
    "stats-one-line-date-format stats-unit max-stats-groups progress? progress-terminal-title? human-readable?",
    "prompts": "ask-password? auto-confirm? no-console?",
    "retries of a whole command": "retries retries-sleep",
    "caches of a long-running program": "fs-cache-expire-duration fs-cache-expire-interval",
    "other": "version? help?",
}
"""Options that django-rclone sets itself: the user's value is ignored without an error."""

_NOTHING = "rclone would change nothing and report success"
_LEFT_OUT = "rclone would leave out files and report success"
_DELETES = "django-rclone decides what is deleted, and when"
_ELSEWHERE = "rclone would store files elsewhere or under other names"
_LINKS = "django-rclone decides how symbolic links among the media files are saved"

REFUSED: Mapping[str, str] = {
    "dry-run? interactive?": _NOTHING,
    "ignore-existing? update? immutable? compare-dest* copy-dest* no-check-dest? no-traverse? "
    "max-transfer max-duration cutoff-mode": _LEFT_OUT,
    "size-only? checksum?": "a storage without hashes would be compared by size, and a changed file of the same size "
    "would never be sent",
    "ignore-checksum? ignore-size? ignore-times? ignore-case-sync? no-unicode-normalization? refresh-times? fix-case? "
    "use-server-modtime? default-time": "files would be compared in another way than django-rclone expects",
    "delete-before? delete-during? delete-after? delete-excluded? max-delete max-delete-size ignore-errors?": _DELETES,
    "backup-dir suffix suffix-keep-extension? track-renames? track-renames-strategy name-transform* inplace? "
    "partial-suffix": _ELSEWHERE,
    "links? copy-links? skip-links? skip-specials? one-file-system?": _LINKS,
    "metadata-set* metadata-mapper metadata-include* metadata-include-from* metadata-exclude* metadata-exclude-from* "
    "metadata-filter* metadata-filter-from*": "files would be stored with other metadata than their own",
    "error-on-no-transfer?": "a run with nothing new would fail",
    "dump dump-headers? dump-bodies? cpuprofile memprofile": "rclone would print what it sends, including credentials",
    "rc?": "rclone would open a port through which others could control it",
}
"""Options refused because they would change the effect of a call, with the reason; same marks as in ``PASSED``."""

_REFUSED_FAMILIES = (re.compile(r"(?:rc|metrics)-"),)

SHORT: Mapping[str, str] = {
    "c": "checksum",
    "f": "filter",
    "h": "help",
    "i": "interactive",
    "I": "ignore-times",
    "l": "links",
    "L": "copy-links",
    "M": "metadata",
    "n": "dry-run",
    "P": "progress",
    "q": "quiet",
    "u": "update",
    "v": "verbose",
    "V": "version",
    "x": "one-file-system",
}
"""Short flags → long flags."""

# rclone itself treats times within two seconds as equal on file systems with that precision (FAT).
_SHORT_WINDOW = r"\d+(?:ns|us|µs|ms)|[012](?:\.0+)?s?|[01]\.\d+s?"


def _marked(names: str, rule: Rule, reason: str = "") -> Iterable[tuple[str, Option]]:
    for word in names.split():
        name = word.rstrip("?*!")
        takes = Takes.NOTHING if "?" in word else Takes.SEVERAL if "*" in word else Takes.VALUE
        only = _SHORT_WINDOW if name == "modify-window" else ""
        yield name, Option(rule, takes, secret="!" in word, reason=reason, only=only)


def _build_table() -> dict[str, Option]:
    found: dict[str, Option] = {}
    found.update(_marked(" ".join(backend_options.marked_flags()), Rule.PASSED))
    for name, reason in backend_options.REFUSED.items():
        found[name] = replace(found[name], rule=Rule.REFUSED, reason=reason)
    for name, (value, reason) in backend_options.REFUSED_VALUES.items():
        found[name] = replace(found[name], refused_value=value, reason=reason)
    for group in PASSED.values():
        found.update(_marked(group, Rule.PASSED))
    found.update(_marked(FILTERS, Rule.MEDIA))
    for group in OURS.values():
        found.update(_marked(group, Rule.OURS))
    for names, reason in REFUSED.items():
        found.update(_marked(names, Rule.REFUSED, reason))
    return found


OPTIONS: Mapping[str, Option] = _build_table()
"""All known options of rclone, by flag name without leading dashes."""


def option(name: str) -> Option | None:
    """Returns the option with this flag name, given without leading dashes; None if it is unknown."""
    if any(family.match(name) for family in _REFUSED_FAMILIES):
        return replace(OPTIONS["rc"], takes=Takes.VALUE)
    return OPTIONS.get(name)


def variable(name: str) -> str:
    """Returns the environment variable from which rclone reads a flag."""
    return "RCLONE_" + name.replace("-", "_").upper()
