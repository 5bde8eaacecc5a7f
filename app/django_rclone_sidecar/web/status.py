"""The JSON document of ``/status``; docs/monitoring.md explains its fields. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_rclone
from django_rclone import display
from django_rclone_sidecar.monitoring import health
from django_rclone_sidecar.monitoring.state import DatabaseState, MediaState, NewestVerification, OverallState


def document(state: OverallState) -> dict[str, Any]:
    """Returns the document. ``ok`` is false if there are problems."""
    problems = [problem for problem in (*state.problems, health.readiness_problem(state)) if problem]
    return {
        "ok": not problems,
        "problems": problems,
        "at": _time(state.at),
        "version": django_rclone.__version__,
        "schedule": state.schedule or None,
        "time_zone": state.zone.key,
        "remote": {
            "place": state.remote,
            "up": state.remote_up,
            "error": state.remote_error or None,
            "observed_at": _time(state.observed_at),
        },
        "databases": [_database(each) for each in state.databases],
        "media": _media(state.media) if state.media else None,
    }


def unknown(reason: str) -> dict[str, Any]:
    """Returns the document for an unknown state."""
    return {"ok": False, "problems": [reason], "version": django_rclone.__version__}


def _database(each: DatabaseState) -> dict[str, Any]:
    newest = each.newest
    return {
        "alias": each.alias,
        "engine": each.engine,
        "place": each.place,
        "overdue": each.overdue,
        "failing": each.failing,
        "error": each.error or None,
        "anomaly": each.anomaly or None,
        "running": each.running,
        "last_attempt_at": _time(each.last_attempt),
        "last_success_at": _time(newest.finished_at if newest else None),
        "last_duration_seconds": newest.seconds if newest else None,
        "last_size_bytes": newest.size if newest else None,
        "last_raw_size_bytes": newest.raw_size if newest else None,
        "backups_stored": each.stored,
        "backups_stored_bytes": each.stored_bytes,
        "next_run_at": _time(each.next_run),
        "verification": _verification(each.verification),
        "recovery_seconds": each.recovery_seconds or None,
    }


def _verification(newest: NewestVerification | None) -> dict[str, Any] | None:
    if newest is None:
        return None
    return {
        "id": newest.id,
        "level": newest.level,
        "passed": newest.passed,
        "verified_at": _time(newest.verified_at),
    }


def _media(media: MediaState) -> dict[str, Any]:
    return {
        "failing": media.failing,
        "error": media.error or None,
        "running": media.running,
        "last_success_at": _time(media.last_success),
        "next_run_at": _time(media.next_run),
    }


def _time(moment: datetime | None) -> str | None:
    return display.utc(moment) if moment else None
