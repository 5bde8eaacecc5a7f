"""The log: lines for people or one JSON object a line for programs, on stderr, without secrets."""

from __future__ import annotations

import json
import logging
import random
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

from django_rclone import display, naming
from django_rclone.masking import mask

# What a record may carry beside its message, as `extra`.
_DETAILS = ("database", "path", "bytes", "seconds")

_LIKE_OURS = re.compile(r"\n(?=\s*\d)")

_LEVELS = logging.getLevelNamesMapping()

NO_SECRETS = "holds_no_secrets"
"""Set as `extra` on a record of names alone: a password may be an ordinary word, say the name of the database."""

QUIET = "delivery"
"""The name of threads in which libraries speak with services outside: their log would show URLs that are secrets."""


class Form(logging.Formatter):
    """Writes a record, secrets masked."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self.secrets = list(secrets)

    def message(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info and record.exc_info[0]:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        return display.printable(mask(text, () if getattr(record, NO_SECRETS, False) else self.secrets))


class Text(Form):
    """``2026-11-23T10:15:00Z INFO    message``. No further line of a message looks as if it were the log's own."""

    def format(self, record: logging.LogRecord) -> str:
        message = _LIKE_OURS.sub("\n    ", self.message(record))
        return f"{_time(record, 'seconds')} {record.levelname:<7} {message}"


class Json(Form):
    """One object a line: time, level, event, message, run_id, and what is known of database, path, bytes, seconds."""

    def __init__(self, secrets: Iterable[str], run: str) -> None:
        super().__init__(secrets)
        self._run = run

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": _time(record, "milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "log"),
            "message": self.message(record),
            "run_id": self._run,
        }
        details = {name: getattr(record, name) for name in _DETAILS if hasattr(record, name)}
        return json.dumps(entry | details, ensure_ascii=False)


def set_up(form: str, level: str, secrets: Iterable[str]) -> None:
    """Sends everything that is logged, at this level or above, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    run = naming.new_id(random.SystemRandom())
    handler.setFormatter(Json(secrets, run) if form == "json" else Text(secrets))
    handler.addFilter(lambda record: record.threadName != QUIET)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS[level.upper()])


def hide(secrets: Iterable[str]) -> None:
    """Keeps further secrets out of the log, from now on."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, Form):
            handler.formatter.secrets.extend(secrets)


def shown(text: str) -> str:
    """Returns a text as the log would show it: without secrets."""
    forms = [handler.formatter for handler in logging.getLogger().handlers if isinstance(handler.formatter, Form)]
    return display.printable(mask(text, [secret for form in forms for secret in form.secrets]))


def shows_progress() -> bool:
    """Tells whether a line that only says how far a run is belongs on stderr."""
    root = logging.getLogger()
    return root.level <= logging.INFO and not any(isinstance(handler.formatter, Json) for handler in root.handlers)


def _time(record: logging.LogRecord, precision: str) -> str:
    return display.utc(datetime.fromtimestamp(record.created, UTC), precision)
