"""Messages about runs: what happened, to what, where, and what to do next. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django_rclone import display
from django_rclone.exceptions import Unavailable, VerificationFailed
from django_rclone_sidecar.report import Report, Result

_NAMES = {
    "backup": "Backup",
    "media-backup": "Backup of media files",
    "verify": "Verification of backups",
    "restore": "Restore",
    "media-restore": "Restore of media files",
}

_TITLE, _ERROR = 120, 1000
"""The longest title, and the longest reason for one database: many services cut at 4,000 characters."""

_KILLED, _INTERRUPTED = (137,), (129, 130, 143)


@dataclass(frozen=True, slots=True)
class MessageContext:
    """Information about a run that is not in its report."""

    host: str
    project: str = ""
    recovered: frozenset[str] = frozenset()
    """Databases whose previous run failed and that have succeeded now."""
    last_good: Mapping[str, datetime | None] | None = field(default=None)
    """When the newest good backup of each failed database was finished, None if it has none. None if not known."""


@dataclass(frozen=True, slots=True)
class Message:
    """A title of one line, and a body. ``kind`` is one of Apprise's types."""

    kind: str
    title: str
    body: str


def failure(report: Report, context: MessageContext) -> Message:
    """Returns the message about a failed run."""
    failed = report.failed
    subject = describe_tasks(failed)
    of = f" for {subject}" if subject else ""
    what = f"{_NAMES.get(report.command, report.command)} {_ending(report)}{of}"
    if failed and len(failed) < len(report.results):
        what += f" ({len(failed)} of {len(report.results)})"
    lines = [*_where(report, context), "", "What happened:"]
    lines += [f"- {_reason(result)}" for result in failed] or [f"- {_line(report.error)}"]
    lines += _unusual(report)
    if context.recovered:
        lines.append(f"- Works again: {_recovered(report, context)}")
    if report.command in ("backup", "media-backup"):
        lines += _last_good(failed, context)
    advice = [*_advice(report), *(_unusual_advice(report) if report.unusual else ())]
    return Message("failure", _title(what, context), "\n".join([*lines, "", *advice]))


def unusual(report: Report, context: MessageContext) -> Message:
    """Returns the message about a successful run with unusual backups."""
    what = f"Backup is unusual for {describe_tasks(report.unusual)}"
    lines = [*_where(report, context), "", "What happened:", *_unusual(report)]
    if context.recovered:
        lines.append(f"- Works again: {_recovered(report, context)}")
    return Message("warning", _title(what, context), "\n".join([*lines, "", "What to do:", *_unusual_advice(report)]))


def recovery(report: Report, context: MessageContext) -> Message:
    """Returns the message about the first success after a failure."""
    what = f"{_NAMES.get(report.command, report.command)} works again for {_recovered(report, context)}"
    return Message("success", _title(what, context), "\n".join([*_where(report, context), "", *_done(report)]))


def success(report: Report, context: MessageContext) -> Message:
    """Returns the message about a successful run."""
    subject = describe_tasks(report.results)
    what = f"{_NAMES.get(report.command, report.command)} done{f' for {subject}' if subject else ''}"
    return Message("success", _title(what, context), "\n".join([*_where(report, context), "", *_done(report)]))


def test(context: MessageContext) -> Message:
    """Returns the test message of `doctor --notify`."""
    body = f"This is a test message, sent by `django-rclone doctor --notify` on {context.host}. No action is needed."
    return Message("info", _title("Test message", context), body)


def describe_tasks(results: Iterable[Result]) -> str:
    """Returns tasks of a run as a phrase."""
    results = list(results)
    aliases = [f'"{result.database}"' for result in results if result.database]
    words = [f"database{'s' if len(aliases) > 1 else ''} {', '.join(aliases)}"] if aliases else []
    if any(not result.database for result in results):
        words.append("media files")
    return " and ".join(words)


def _recovered(report: Report, context: MessageContext) -> str:
    return describe_tasks(result for result in report.results if result.database in context.recovered)


def _unusual(report: Report) -> list[str]:
    return [f"- {result.what}: the backup is unusual: {_line(result.anomaly)}" for result in report.unusual]


def _unusual_advice(report: Report) -> list[str]:
    return [
        "- Check whether data was lost. Until a backup is normal again, older ones are not removed.",
        *(
            f"- If the change is intended, nothing is left to do, or remove old backups: `django-rclone prune -d "
            f"{shlex.quote(result.database)} --force`"
            for result in report.unusual
        ),
    ]


def _ending(report: Report) -> str:
    if report.exit_code in _KILLED:
        return "was killed"
    if report.exit_code in _INTERRUPTED:
        return "was interrupted"
    return "failed"


def _title(what: str, context: MessageContext) -> str:
    text = _clean(f"[{context.project}] {what}" if context.project else what)
    return text if len(text) <= _TITLE else f"{text[: _TITLE - 1]}…"


def _where(report: Report, context: MessageContext) -> list[str]:
    begun = display.utc(report.started_at)
    of = f"Project: {_clean(context.project)}\n" if context.project else ""
    return [f"{of}Host: {_clean(context.host)}", f"Run: {report.command}, begun {begun}, exit code {report.exit_code}"]


def _done(report: Report) -> list[str]:
    lines = []
    for result in report.results:
        finished = result.finished_at or result.started_at
        about = display.duration((finished - result.started_at).total_seconds())
        if result.manifest is not None:
            about = f"{result.manifest.objects[0].path}, {display.size(result.manifest.bytes)} in {about}"
        lines.append(f"- {result.what}: {_clean(about)}")
    return lines


def _last_good(failed: Iterable[Result], context: MessageContext) -> list[str]:
    if context.last_good is None:
        return []
    lines = []
    for result in failed:
        if result.database in context.last_good:
            moment = context.last_good[result.database]
            when = display.utc(moment) if moment else ""
            lines.append(f"Last good backup of {_in_sentence(result)}: {when or 'none known on this machine'}")
    return ["", *lines] if lines else []


def _in_sentence(result: Result) -> str:
    return f'database "{result.database}"' if result.database else "the media files"


def _advice(report: Report) -> list[str]:
    again = {"restore": "restore --latest"}.get(report.command, report.command)
    lines = ["What to do:"]
    if report.exit_code in _KILLED:
        lines.append("- Find out why it was killed: out of memory, a lost machine, or a stop without a grace period.")
    elif report.exit_code in _INTERRUPTED:
        lines.append("- Nothing is broken: the run was stopped by a signal, for example by the stop of its container.")
    elif report.exit_code == Unavailable.exit_code:
        lines.append("- Storage or database could not be reached: try the same command later.")
    if report.exit_code == VerificationFailed.exit_code and report.command == "verify":
        lines.append("- Make a new backup now: `django-rclone backup`. What failed is not restored by default.")
    if report.command.startswith("media"):
        lines.append("- Run `django-rclone doctor` to find the cause; `django-rclone list --media` shows the mirror.")
    else:
        lines.append("- Run `django-rclone doctor` to find the cause; `django-rclone list` shows the existing backups.")
    lines.append(f"- Then run again: `django-rclone {again}`")
    return lines


def _reason(result: Result) -> str:
    """Returns why a task failed; most reasons name the database themselves."""
    reason = _line(result.error)
    return reason if reason.startswith(result.what) else f"{result.what}: {reason}"


def _line(text: str) -> str:
    cleaned = _clean(text)
    return cleaned if len(cleaned) <= _ERROR else f"{cleaned[: _ERROR - 1]}…"


def _clean(text: str) -> str:
    """Returns a string as one line of printable characters."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.split())
