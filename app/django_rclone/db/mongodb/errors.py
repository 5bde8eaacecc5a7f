"""Error messages for failures of MongoDB's tools and of our programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from django_rclone import setting_names
from django_rclone.command import Explanation
from django_rclone.db.failures import CHOOSE_ANOTHER, NOTHING_CHANGED, for_database
from django_rclone.db.helper_programs import reported_error
from django_rclone.exceptions import (
    ConfigurationError,
    DjangoRcloneError,
    ProgramFailed,
    Unavailable,
    VerificationFailed,
)

type _Meaning = tuple[Callable[[str], DjangoRcloneError], str]

# The server's error code, which our programs add to pymongo's message.
_CODE = re.compile(r" \(code (\d+)\)$")
# The tools begin lines with a time: "2026-11-24T21:48:34.123+0000	Failed: error connecting to db server: …".
_SESSION = re.compile(r"^can't create session: (?:failed to connect to \S+: )?")
_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\S+\s+")

_MISCONFIGURED = (
    *("certificate", "x509", "CERTIFICATE", "tls:", "SSL: ", "sslPEMKey", "no such file or directory"),
    *("error parsing uri", "error parsing command line", "error opening file", "lookup "),
)
_LOGIN = (
    "AuthenticationFailed",
    "Authentication failed",
    "auth error",
    "unable to authenticate",
    "requires authentica",
)
_RIGHTS = ("not authorized", "Unauthorized", "not allowed to do action")
_UNREACHABLE = (
    *("onnection refused", "server selection error", "server selection timeout", "No servers found", "no such host"),
    *("socket was unexpectedly closed", "connection reset", "Connection reset", "connection closed", "i/o timeout"),
    *("timed out", "incomplete read of message header", "EOF encountered", "broken pipe", "No route to host"),
    *("not master", "NotWritablePrimary", "no primary", "Name or service not known", "could not connect to server"),
)
_DAMAGED = (
    *("corruption found in archive", "archive io error", "demultiplexing archive", "reading bson input"),
    *("not appear to be a mongodump archive", "reading beginning of archive", "error parsing metadata"),
)
_LOGIN_HINT = "{text} ({location}). Check {USER, PASSWORD and AUTH_SOURCE}."
_RIGHTS_HINT = "{text}. A backup needs the role read on the database, a restore readWrite. Grant it, then try again."
_LATER = "{text} ({location}). Try again later, or check {HOST and PORT}."
_BY_KIND: dict[str, _Meaning] = {
    "VerificationFailed": (
        VerificationFailed,
        f"the backup is damaged: {{text}}. {CHOOSE_ANOTHER} {NOTHING_CHANGED}",
    ),
    "SwapInterrupted": (
        DjangoRcloneError,
        "the restored data are only partly in place, because the server returned an error: {text}. Remove the cause; "
        "then the next command finishes the restore.",
    ),
    "pymongo.InvalidURI": (ConfigurationError, "{text}. Check {HOST}."),
    "pymongo.ConfigurationError": (ConfigurationError, "{text}. Check {HOST and OPTIONS}."),
    "pymongo.InvalidName": (ConfigurationError, "{text}. Check {NAME}."),
    "FileNotFoundError": (ConfigurationError, "{text}. Check {OPTIONS}."),
    "PermissionError": (ConfigurationError, "{text}. Check {OPTIONS}."),
}
_BY_CODE: dict[str, _Meaning] = {
    "13": (ConfigurationError, _RIGHTS_HINT),
    "18": (ConfigurationError, _LOGIN_HINT),
    "73": (ConfigurationError, "{text}. Check {NAME}."),
    "8000": (ConfigurationError, _LOGIN_HINT),
}


def explainer(alias: str, location: str, *, nothing_changed: bool = False) -> Explanation:
    """Returns the function that explains a program's failure.

    ``nothing_changed``: the failure leaves the database as it was, and the error says so.
    """
    return for_database(alias, partial(_explain, location=location, nothing_changed=nothing_changed))


def _explain(failure: ProgramFailed, location: str, nothing_changed: bool) -> DjangoRcloneError:
    kind, sentence = _meaning(failure, location)
    return kind(f"{sentence} {NOTHING_CHANGED}" if nothing_changed and NOTHING_CHANGED not in sentence else sentence)


def _meaning(failure: ProgramFailed, location: str) -> _Meaning:
    lines = [_TIME.sub("", line).strip() for line in failure.stderr.splitlines() if line.strip()]
    text = _reason(lines)
    if failure.returncode < 0:
        return DjangoRcloneError, f"{failure.program} {failure.ending}."
    reported = reported_error(failure)
    if reported is not None and reported.kind not in ("", "Failed"):
        if reported.kind in ("ConfigurationError", "Locked"):
            return type(reported.error), reported.message
        text = _CODE.sub("", reported.message).rstrip(".")
        code = found[1] if (found := _CODE.search(reported.message)) else ""
        for meaning in (_BY_KIND.get(reported.kind), _BY_CODE.get(code)):
            if meaning is not None:
                return meaning[0], setting_names.filled(meaning[1], text=text, location=location)
        text = reported.message
    return _meaning_of_text(text.rstrip("."), location, failure)


def _reason(lines: list[str]) -> str:
    """Returns the line with the reason: the tools begin it with "Failed: ", and may print more after it."""
    for line in reversed(lines):
        if line.startswith("Failed: "):
            # "can't create session: failed to connect to mongodb://user:password@host/?…: why"
            return _SESSION.sub("", line.removeprefix("Failed: "))
    return lines[-1] if lines else "it printed no error"


def _meaning_of_text(text: str, location: str, failure: ProgramFailed) -> _Meaning:
    meanings: tuple[tuple[tuple[str, ...], _Meaning], ...] = (
        (_LOGIN, (ConfigurationError, _LOGIN_HINT)),
        (_RIGHTS, (ConfigurationError, _RIGHTS_HINT)),
        (_MISCONFIGURED, (ConfigurationError, "{text} ({location}). Check the database's settings.")),
        (_UNREACHABLE, (Unavailable, _LATER)),
    )
    for words, (kind, sentence) in meanings:
        if any(word in text for word in words):
            return kind, setting_names.filled(sentence, text=text, location=location)
    if failure.program == "mongorestore" and any(word in text for word in _DAMAGED):
        kind, sentence = _BY_KIND["VerificationFailed"]
        return kind, sentence.format(text=f"mongorestore cannot read it ({text})")
    return DjangoRcloneError, f"{failure.program} {failure.ending}: {text}. Remove the cause, then try again."
