"""Restores of several databases. All are planned before the first is changed, and each fails on its own."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from django_rclone import conf, display, restore
from django_rclone.backup import BackupRun
from django_rclone.db import registry
from django_rclone.db.base import Mode
from django_rclone.exceptions import DjangoRcloneError, Interrupted
from django_rclone.restore import PlannedRestore
from django_rclone_sidecar import logs
from django_rclone_sidecar.runs.backup import back_up_database
from django_rclone_sidecar.runs.restore_selection import BackupStore, RestoreRequest

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DatabaseRestorePlan:
    """The plan for one database, or the error that prevents it."""

    alias: str
    ready: PlannedRestore | None = None
    problem: DjangoRcloneError | None = None

    def shown(self, *, whole: bool) -> str:
        """Returns the plan as text; with ``whole`` including every command."""
        if self.ready is None:
            return display.printable(f"cannot   {self.problem}")
        return str(self.ready) if whole else self.ready.summary

    def check(self) -> PlannedRestore:
        """Returns the plan. Raises the error that prevents it."""
        if self.ready is None:
            raise self.problem or DjangoRcloneError(f'Database "{self.alias}": there is no plan.')
        return self.ready


def make_plan(request: RestoreRequest, mode: Mode, store: BackupStore, *, finish: bool) -> DatabaseRestorePlan:
    """Finds the backup and plans its restore. Changes nothing, except that ``finish`` completes an interrupted one."""
    try:
        connector = registry.connector(request.alias)
        return DatabaseRestorePlan(
            request.alias, restore.plan(connector, store.remote, request.find(connector), mode, finish=finish)
        )
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        return DatabaseRestorePlan(request.alias, problem=error)


def carry_out(plan: DatabaseRestorePlan, first: BackupRun | None) -> None:
    """Carries out a plan, after a backup of the current database if ``first`` is given."""
    ready = plan.check()
    if first is not None:
        back_up_database(plan.alias, first, keep=None)
    began = time.monotonic()
    restore.carry_out(ready, conf.limits(), quiet=not logs.shows_progress())
    backup = ready.backup
    about = {"event": "restore.done", "database": plan.alias, "path": backup.path, "bytes": backup.size}
    logger.info(
        'Database "%s": restored from %s.',
        *(plan.alias, backup.path),
        extra={**about, "seconds": round(time.monotonic() - began, 3)},
    )
