"""The log on stderr: text or one JSON object per line, with secrets masked."""

from __future__ import annotations

import json
import logging
import random
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

from django_rclone import display
from django_rclone.layout import backup_ids
from django_rclone.masking import mask

# Fields that a record may have besides its message, as `extra`.
_DETAILS = ("database", "path", "bytes", "seconds")

_LINE_BEFORE_DIGIT = re.compile(r"\n(?=\s*\d)")

_LEVELS = logging.getLevelNamesMapping()

NO_SECRETS = "holds_no_secrets"
"""Set as `extra` on records that only hold names: a password may be the same word as a database's name."""

DROPPED_THREADS = "delivery"
"""Name of threads whose log records are dropped: libraries that send notifications log URLs that are secrets."""


class MaskingFormatter(logging.Formatter):
    """Formatter that masks secrets."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self.secrets = list(secrets)

    def message(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info and record.exc_info[0]:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        return display.printable(mask(text, () if getattr(record, NO_SECRETS, False) else self.secrets))


class TextFormatter(MaskingFormatter):
    """``2026-11-23T10:15:00Z INFO    message``.

    Further lines of a message that begin with a digit are indented, so that they do not look like the next record.
    """

    def format(self, record: logging.LogRecord) -> str:
        message = _LINE_BEFORE_DIGIT.sub("\n    ", self.message(record))
        return f"{_time(record, 'seconds')} {record.levelname:<7} {message}"


class JsonFormatter(MaskingFormatter):
    """One object per line: time, level, event, message, run_id, and if known database, path, bytes, seconds."""

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
    """Logs to stderr, from this level up."""
    handler = logging.StreamHandler(sys.stderr)
    run = backup_ids.new_id(random.SystemRandom())
    handler.setFormatter(JsonFormatter(secrets, run) if form == "json" else TextFormatter(secrets))
    handler.addFilter(lambda record: record.threadName != DROPPED_THREADS)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS[level.upper()])


def add_secrets(secrets: Iterable[str]) -> None:
    """Adds secrets to be masked in the log."""
    added = list(secrets)
    for formatter in _formatters():
        formatter.secrets.extend(added)


def masked(text: str) -> str:
    """Returns a message as the log would show it, with secrets masked."""
    return display.printable(mask(text, [secret for form in _formatters() for secret in form.secrets]))


def shows_progress() -> bool:
    """Returns whether progress is shown on stderr."""
    as_json = any(isinstance(form, JsonFormatter) for form in _formatters())
    return logging.getLogger().level <= logging.INFO and not as_json


def _formatters() -> list[MaskingFormatter]:
    formatters = (handler.formatter for handler in logging.getLogger().handlers)
    return [formatter for formatter in formatters if isinstance(formatter, MaskingFormatter)]


def _time(record: logging.LogRecord, precision: str) -> str:
    return display.utc(datetime.fromtimestamp(record.created, UTC), precision)
