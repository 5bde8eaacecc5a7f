"""``scheduler``, started by `serve` only: starts runs on the schedule until stopped."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from django_rclone.process.background import BackgroundProcess
from django_rclone_sidecar import spawn
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.scheduler import liveness
from django_rclone_sidecar.scheduler.scheduler import Scheduler
from django_rclone_sidecar.scheduler.timetable import SchedulerConfig
from django_rclone_sidecar.scheduler.wakeup import SignalWakeup


def main(_argv: list[str], environment: Environment) -> int:
    config = SchedulerConfig(
        expression=environment.get("BACKUP_SCHEDULE"),
        zone=environment.get("BACKUP_TIME_ZONE") or "",
        jitter=environment.get("BACKUP_JITTER") or 0,
        on_start=environment.get("BACKUP_ON_START"),
        timeout=environment.get("BACKUP_TIMEOUT"),
        grace=environment.get("BACKUP_STOP_GRACE") or 0,
        verify=environment.get("BACKUP_VERIFY_SCHEDULE"),
        verify_level=environment.get("BACKUP_VERIFY_LEVEL"),
    )
    scheduler = Scheduler(config, lambda arguments: BackgroundProcess(spawn.sidecar(*arguments), os.environ))
    with SignalWakeup() as wakeup:
        while scheduler.code is None:
            liveness.report_alive()
            now = datetime.now(UTC)
            if wakeup.stop_signal is not None:
                scheduler.stop(wakeup.stop_signal, now)
            pause = scheduler.step(now)
            if scheduler.code is None:
                wakeup.wait(pause)
    return scheduler.code
