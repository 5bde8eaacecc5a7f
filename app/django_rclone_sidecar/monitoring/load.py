"""Builds the state from the history, with a fixed number of queries."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django_rclone import display
from django_rclone.clocks import AHEAD
from django_rclone.layout.verification_paths import LEVELS, Level
from django_rclone.masking import mask, secret_values
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.history import queries, reader, writer
from django_rclone_sidecar.history.models import DatabaseRecord, Fact, RunRecord, StoredBackups, TaskRecord
from django_rclone_sidecar.monitoring.state import (
    DatabaseState,
    MediaState,
    NewestBackup,
    NewestVerification,
    OverallState,
    RecentRun,
    SchedulePolicy,
)
from django_rclone_sidecar.report import Outcome
from django_rclone_sidecar.scheduler.schedule import Schedule
from django_rclone_sidecar.scheduler.snapshot import identity

_MEDIA = "media"
"""The identity that gives the media files their delay."""

_MEDIA_COMMANDS = ("backup", "media-backup")
"""Commands that back up the media files."""
_ENDED = (Outcome.SUCCESS, Outcome.FAILURE)


def read(environment: Environment, now: datetime, *, runs: int = 0) -> OverallState:
    """Returns the state at ``now``, with up to ``runs`` of the last tasks. Raises Unreadable."""
    with reader.opened(environment.get("BACKUP_STATE_DIR")):
        return _StateBuilder(environment, now).state(runs)


class _StateBuilder:
    """Builds the state from the rows of the history."""

    def __init__(self, environment: Environment, now: datetime) -> None:
        self.now = now
        self.hidden = [*environment.secrets, *secret_values(environment.texts)]
        self.facts: dict[str, Any] = dict(Fact.objects.values_list("name", "value"))
        self.zone = ZoneInfo(environment.get("BACKUP_TIME_ZONE") or self.facts.get("time_zone") or "UTC")
        self.expression = environment.get("BACKUP_SCHEDULE")
        max_age = environment.get("BACKUP_MAX_AGE")
        self.policy = SchedulePolicy(
            Schedule(self.expression, self.zone) if self.expression else None,
            environment.get("BACKUP_JITTER") or 0,
            timedelta(seconds=max_age) if max_age else None,
        )
        verify = environment.get("BACKUP_VERIFY_SCHEDULE")
        self.verify_schedule = Schedule(verify, self.zone) if verify else None
        self.tasks = queries.LastTasks.read()
        self.counters = queries.counters()
        self.verified = queries.last_verified()
        refresh = self.facts.get("observed") or {}
        self.observed_at = datetime.fromisoformat(refresh["at"]) if refresh else None
        self.remote_error = self.clean(refresh.get("error", ""))
        self.remote_up = bool(refresh) and not refresh["error"]

    def state(self, runs: int) -> OverallState:
        stored = {each.alias: each for each in StoredBackups.objects.all()}
        return OverallState(
            at=self.now,
            zone=self.zone,
            schedule=self.expression or "",
            databases=tuple(
                self.database(each, stored.get(each.alias)) for each in DatabaseRecord.objects.order_by("position")
            ),
            media=self.media() if self.facts.get("media") else None,
            remote=self.facts.get("remote", ""),
            remote_up=self.remote_up,
            remote_error=self.remote_error,
            observed_at=self.observed_at,
            rclone=self.facts.get("versions", {}).get("rclone", ""),
            notify_failures=sum(each for (name, *_), each in self.counters.items() if name == writer.NOTIFY_FAILURES),
            last_runs=self.last_runs(runs) if runs else (),
            next_verification=self.verify_schedule.after(self.now) if self.verify_schedule else None,
        )

    def database(self, target: DatabaseRecord, stored: StoredBackups | None) -> DatabaseState:
        last = self.tasks.last(target.alias, ("backup",))
        newest = self.newest(stored, self.tasks.last(target.alias, ("backup",), (Outcome.SUCCESS,)))
        attempts = [last.started_at] if last and self.passed(last.started_at) else []
        if stored is not None and stored.newest_started_at is not None:
            attempts.append(stored.newest_started_at)
        ended = self.tasks.last(target.alias, ("backup",), _ENDED)
        failing = _failing(ended, newest.finished_at if newest else None)
        restored = self.tasks.last(target.alias, ("restore",), (Outcome.SUCCESS,))
        database_identity = identity(self.facts.get("project", ""), target.alias, target.place)
        return DatabaseState(
            alias=target.alias,
            engine=target.engine,
            place=target.place,
            newest=newest,
            last_attempt=max(attempts, default=None),
            stored=stored.count if stored else 0,
            stored_bytes=stored.size if stored else 0,
            runs=self.run_counts("backup", target.alias),
            restores=self.run_counts("restore", target.alias),
            restore_seconds=_seconds(restored),
            overdue=self.policy.overdue(database_identity, newest.started_at if newest else None, self.now),
            running=last is not None and last.outcome == Outcome.RUNNING,
            failing=failing is not None,
            error=self.clean(failing.error) if failing else "",
            next_run=self.policy.next_run(database_identity, self.now),
            anomaly=display.one_line(self.facts.get("unusual", {}).get(target.alias, "")),
            verifications={
                (level, outcome): self.run_counts(f"verify {level}", target.alias)[outcome]
                for level in LEVELS
                for outcome in _ENDED
            },
            last_verified=self.last_verified(target.alias),
            verification=self.verification(target.alias),
            recovery_seconds=float(self.facts.get("recovery", {}).get(target.alias, 0)),
            ahead=tuple(self.facts.get("ahead", {}).get(target.alias, ())),
        )

    def last_verified(self, alias: str) -> dict[str, datetime]:
        """Returns when a verification last succeeded, by level: in the history or on the remote."""
        moments = {level: moment for (database, level), moment in self.verified.items() if database == alias}
        stored = self.facts.get("verified", {}).get(alias, {})
        found = [*moments.items(), *((level, datetime.fromisoformat(text)) for level, text in stored.items())]
        past = [(Level(level), moment) for level, moment in found if level in list(Level) and self.passed(moment)]
        newest = {}
        for level in LEVELS:
            proven = [moment for higher, moment in past if higher.includes(level)]
            if proven:
                newest[level.value] = max(proven)
        return newest

    def verification(self, alias: str) -> NewestVerification | None:
        """Returns the newest verification at the last refresh."""
        stored = self.facts.get("verification", {}).get(alias)
        if stored is None:
            return None
        verified_at = datetime.fromisoformat(stored["verified_at"])
        return NewestVerification(stored["id"], stored["level"], stored["outcome"] == "passed", verified_at)

    def passed(self, moment: datetime) -> bool:
        """Returns whether a moment has passed. The history has later ones if a clock was wrong."""
        return moment - self.now <= AHEAD

    def newest(self, stored: StoredBackups | None, made: TaskRecord | None) -> NewestBackup | None:
        """Returns the newest good backup: on the remote, or made since the last refresh."""
        found = []
        if stored is not None and stored.newest_started_at is not None and stored.newest_finished_at is not None:
            found.append(
                NewestBackup(
                    stored.newest_started_at,
                    stored.newest_finished_at,
                    stored.newest_size or 0,
                    stored.newest_raw_size or 0,
                )
            )
        if made is not None and made.finished_at is not None and not self.listed_after(made.finished_at):
            found.append(NewestBackup(made.started_at, made.finished_at, made.size or 0, made.raw_size or 0))
        past = [backup for backup in found if self.passed(backup.started_at)]
        return max(past, key=lambda backup: backup.finished_at, default=None)

    def listed_after(self, moment: datetime) -> bool:
        """Returns whether the remote was listed after a moment, so that the listing has every backup made before it."""
        at = self.observed_at
        return self.remote_up and at is not None and at > moment and self.passed(at)

    def media(self) -> MediaState:
        last = self.tasks.last("", _MEDIA_COMMANDS)
        made = self.tasks.last("", _MEDIA_COMMANDS, (Outcome.SUCCESS,))
        moments = [made.finished_at] if made and made.finished_at else []
        if mirrored_at := self.facts.get("media_last", {}).get("finished_at"):
            moments.append(datetime.fromisoformat(mirrored_at))
        newest = max((moment for moment in moments if self.passed(moment)), default=None)
        failing = _failing(self.tasks.last("", _MEDIA_COMMANDS, _ENDED), newest)
        return MediaState(
            last_success=newest,
            running=last is not None and last.outcome == Outcome.RUNNING,
            failing=failing is not None,
            error=self.clean(failing.error) if failing else "",
            next_run=self.policy.next_run(_MEDIA, self.now),
        )

    def run_counts(self, command: str, alias: str) -> dict[str, int]:
        """Returns the number of tasks by outcome, under all engines that the database has had."""
        return {
            outcome: sum(
                value
                for (name, database, label), value in self.counters.items()
                if name == writer.RUNS and database == alias and label == f"{command} {outcome}"
            )
            for outcome in (Outcome.SUCCESS, Outcome.FAILURE)
        }

    def last_runs(self, most: int) -> tuple[RecentRun, ...]:
        """Returns the last tasks of runs, and the runs that failed before their first task."""
        lines = []
        for run in RunRecord.objects.order_by("-started_at").prefetch_related("tasks")[:most]:
            outcome = (
                Outcome.RUNNING if run.finished_at is None else Outcome.FAILURE if run.exit_code else Outcome.SUCCESS
            )
            tasks = sorted(run.tasks.all(), key=lambda task: (task.database == "", task.started_at))
            if not tasks:
                lines.append(
                    RecentRun(run.command, "", outcome, run.started_at, run.finished_at, None, self.clean(run.error)),
                )
            for task in tasks:
                what = task.database or "media files"
                times = (task.started_at, task.finished_at)
                lines.append(RecentRun(run.command, what, task.outcome, *times, task.size, self.clean(task.error)))
        return tuple(lines[:most])

    def clean(self, text: str) -> str:
        """Returns a message with secrets masked, as in the log."""
        return display.one_line(mask(text, self.hidden))


def _failing(last: TaskRecord | None, newest: datetime | None) -> TaskRecord | None:
    """Returns the last task if it failed and there is no newer good backup."""
    if last is None or last.outcome != Outcome.FAILURE or last.finished_at is None:
        return None
    return None if newest is not None and newest > last.finished_at else last


def _seconds(task: TaskRecord | None) -> float:
    return (task.finished_at - task.started_at).total_seconds() if task and task.finished_at else 0.0
