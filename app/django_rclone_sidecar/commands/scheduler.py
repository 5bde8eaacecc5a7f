"""``loop``, which `serve` starts and nobody else: keeps the schedule until it is asked to stop."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from django_rclone.process.background import Companion
from django_rclone_sidecar import spawn
from django_rclone_sidecar.environment import read
from django_rclone_sidecar.scheduler import liveness
from django_rclone_sidecar.scheduler.scheduler import Loop, Rules
from django_rclone_sidecar.scheduler.wakeup import Bell


def main(_arguments: list[str]) -> int:
    environment = read.read(os.environ)
    rules = Rules(
        expression=environment.get("BACKUP_SCHEDULE"),
        zone=environment.get("BACKUP_TIME_ZONE") or "",
        jitter=environment.get("BACKUP_JITTER") or 0,
        on_start=environment.get("BACKUP_ON_START"),
        timeout=environment.get("BACKUP_TIMEOUT"),
        grace=environment.get("BACKUP_STOP_GRACE") or 0,
    )
    loop = Loop(rules, lambda arguments: Companion(spawn.argv(*arguments), os.environ))
    with Bell() as bell:
        while loop.code is None:
            liveness.beat()
            now = datetime.now(UTC)
            if bell.stop is not None:
                loop.stop(bell.stop, now)
            pause = loop.step(now)
            if loop.code is None:
                bell.wait(pause)
    return loop.code
