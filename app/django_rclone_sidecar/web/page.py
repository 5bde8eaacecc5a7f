"""The template context of the status page. Pure."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any

from django.utils.safestring import mark_safe

import django_rclone
from django_rclone import display
from django_rclone_sidecar.monitoring.state import DatabaseState, MediaState, OverallState, RecentRun
from django_rclone_sidecar.report import Outcome

_STYLE = (resources.files(__package__) / "templates/django_rclone_sidecar/page.css").read_text()
STYLE_HASH = f"sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}"
"""Allows this style and no other. Source: CSP level 3, hash-source."""

_REFRESH = 30  # seconds


@dataclass(frozen=True, slots=True)
class Time:
    """A moment as text, as an age, and as ISO 8601."""

    shown: str
    age: str
    iso: str


@dataclass(frozen=True, slots=True)
class Row:
    """Table row of a database or the media files."""

    name: str
    place: str
    verdict: str
    kind: str
    """good, bad or busy."""
    error: str
    newest: Time | None
    size: str
    stored: str
    next_run: Time | None
    verified: Time | None = None
    verification: str = ""
    """Outcome and level of the newest verification; empty if there is none."""
    verification_kind: str = ""
    recovery: str = ""
    """Duration of the restore in the last successful drill; empty if there is none."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """Table row of one task of a run."""

    began: Time | None
    command: str
    what: str
    outcome: str
    kind: str
    took: str
    size: str
    error: str


def context(state: OverallState) -> dict[str, Any]:
    """Returns the context for a state."""
    rows = [_database(each, state) for each in state.databases]
    if state.media is not None:
        rows.append(_media(state.media, state))
    verdict = "All backups are up to date." if rows else "No data yet: the first refresh has not ended."
    return {
        **_frame(),
        "problems": state.problems,
        "verdict": "" if state.problems else verdict,
        "kind": "good" if rows else "busy",
        "state": state,
        "rows": rows,
        "runs": [_run(each, state) for each in state.last_runs],
        "now": _time(state.at, state),
        "observed": _time(state.observed_at, state),
    }


def unknown(reason: str) -> dict[str, Any]:
    """Returns the context for an unknown state."""
    return {**_frame(), "problems": [reason]}


def _frame() -> dict[str, Any]:
    # Not escaped, because the hash is of the unescaped file, which is ours.
    return {"style": mark_safe(_STYLE), "refresh": _REFRESH, "version": django_rclone.__version__}  # noqa: S308


def _database(each: DatabaseState, state: OverallState) -> Row:
    verdict, kind = _verdict(
        overdue=each.overdue, failing=each.failing, running=each.running, unusual=bool(each.anomaly)
    )
    newest = each.verification
    return Row(
        name=each.alias,
        place=each.place,
        verdict=verdict if each.newest or each.failing or each.running else "no backup",
        kind=kind,
        error=each.error or each.anomaly,
        newest=_time(each.newest.finished_at if each.newest else None, state),
        size=display.size(each.newest.size) if each.newest else "",
        stored=f"{each.stored} ({display.size(each.stored_bytes)})",
        next_run=_time(each.next_run, state),
        verified=_time(newest.verified_at if newest else None, state),
        verification=f"{'passed' if newest.passed else 'failed'} ({newest.level})" if newest else "",
        verification_kind="good" if newest and newest.passed else "bad",
        recovery=display.duration(each.recovery_seconds) if each.recovery_seconds else "",
    )


def _media(media: MediaState, state: OverallState) -> Row:
    verdict, kind = _verdict(overdue=False, failing=media.failing, running=media.running)
    return Row(
        name="media files",
        place="",
        verdict=verdict,
        kind=kind,
        error=media.error,
        newest=_time(media.last_success, state),
        size="",
        stored="",
        next_run=_time(media.next_run, state),
    )


def _verdict(*, overdue: bool, failing: bool, running: bool, unusual: bool = False) -> tuple[str, str]:
    states = (("running", running), ("last run failed", failing), ("overdue", overdue), ("unusual", unusual))
    words = [word for word, applies in states if applies]
    return ", ".join(words) or "good", "bad" if failing or overdue or unusual else "busy" if running else "good"


def _run(each: RecentRun, state: OverallState) -> RunRow:
    words: dict[str, tuple[str, str]] = {
        Outcome.RUNNING: ("running", "busy"),
        Outcome.SUCCESS: ("done", "good"),
        Outcome.FAILURE: ("failed", "bad"),
    }
    outcome, kind = words.get(each.outcome, (each.outcome, ""))
    seconds = (each.finished_at - each.started_at).total_seconds() if each.finished_at else None
    return RunRow(
        began=_time(each.started_at, state),
        command=each.command,
        what=each.what,
        outcome=outcome,
        kind=kind,
        took=display.duration(seconds) if seconds is not None else "",
        size=display.size(each.size) if each.size is not None else "",
        error=each.error,
    )


def _time(moment: datetime | None, state: OverallState) -> Time | None:
    if moment is None:
        return None
    local = moment.astimezone(state.zone)
    away = state.at - moment
    age = f"in {display.age(-away)}" if away.total_seconds() < 0 else f"{display.age(away)} ago"
    return Time(local.isoformat(sep=" ", timespec="seconds"), age, local.isoformat(timespec="seconds"))
