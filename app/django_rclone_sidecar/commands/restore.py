"""``restore``: finds the backups, shows the plan, asks on a terminal, and restores each database all or nothing."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from functools import partial

from django_rclone import conf
from django_rclone.backup import BackupRun
from django_rclone.db.base import Mode
from django_rclone.exceptions import ConfigurationError
from django_rclone.management import options
from django_rclone.management.base import parse_time
from django_rclone_sidecar import arguments, logs
from django_rclone_sidecar.bootstrap import Sidecar
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.runs import confirm, locked_run, media, restore, restore_selection
from django_rclone_sidecar.runs.restore_selection import BackupStore
from django_rclone_sidecar.runs.runner import TaskRunner


def create_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    parser = arguments.create_parser(
        "restore",
        "Restore databases, each all or nothing. Choose the backup with one of --latest, --id, --at or --input-path. "
        "On a terminal, the plan is shown and you are asked to confirm; otherwise no confirmation is needed.",
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--latest", action="store_true", help="Restore the newest good backup of each database.")
    choice.add_argument("--id", type=options.text, help="Restore the backup with this id, as shown by `list`.")
    choice.add_argument(
        "--at",
        type=parse_time,
        metavar="TIME",
        help="Restore the newest good backup of each database started at or before TIME.",
    )
    choice.add_argument(
        "-i",
        "--input-path",
        type=options.text,
        metavar="PATH",
        help="Restore the backup at this path, as shown by `list`.",
    )
    options.add_databases(parser, "Restore only this database.")
    parser.add_argument("--media", action="store_true", help="Restore the media files too, after the databases.")
    parser.add_argument("--backup-first", action="store_true", help="Back up each database before it is changed.")
    options.add_restore_options(parser)
    parser.add_argument(
        "--from-project", type=options.text, metavar="NAME", help="Restore backups of the project with this name."
    )
    confirm.add_options(parser)
    return parser


def main(argv: list[str], environment: Environment) -> int:
    parser = create_parser()
    given = parser.parse_args(argv)
    chosen = bool(given.latest or given.id or given.at or given.input_path)
    _check(parser, given, chosen)
    with locked_run.start("restore", environment, observed=not given.dry_run) as (sidecar, task_runner):
        store = restore_selection.backup_store(given.from_project)
        if not chosen:
            given.id = restore_selection.choose(store, given.database[0] if given.database else "")
            if not given.id:
                print("Nothing was changed.")
                return 0
        _restore(given, sidecar, store, task_runner)
    return 0


def _check(parser: ArgumentParser, given: Namespace, chosen: bool) -> None:
    """Exits with a usage error (exit code 2) if the given options cannot be used together."""
    if not chosen and not confirm.at_terminal():
        parser.error("choose the backup with one of --latest, --id, --at or --input-path")
    if (given.id or given.input_path) and (given.unverified or len(given.database or ()) > 1):
        parser.error("--id and --input-path choose one backup: do not use --unverified or several --database with them")
    if given.into and (given.media or given.backup_first):
        parser.error("--into does not change the live database: do not use --media or --backup-first with it")


def _restore(given: Namespace, sidecar: Sidecar, store: BackupStore, task_runner: TaskRunner) -> None:
    requests = restore_selection.requests(given, sidecar, store)
    if given.into and len(requests) > 1:
        raise ConfigurationError(
            f"--into restores one database: choose it with --database ({', '.join(sidecar.aliases)})."
        )
    mode = Mode(into=given.into or "", terminate_sessions=given.terminate_sessions, in_place=given.in_place)
    plans = [restore.make_plan(request, mode, store, finish=not given.dry_run) for request in requests]
    restore_selection.warn_about_mixed_points([plan.ready.backup for plan in plans if plan.ready])
    lines = [plan.shown(whole=given.dry_run) for plan in plans]
    media_plan = None
    if given.media:
        media.require_folder(sidecar)
        media_plan = media.plan(store.remote, store.project)
        lines.append(str(media_plan))
    if given.dry_run:
        print("\n".join(lines))
        task_runner.run_tasks([sidecar.task(plan.check, plan.alias) for plan in plans])
    elif not (given.media or any(plan.ready for plan in plans)) or confirm.confirmed(given, "\n".join(lines)):
        run = BackupRun(store.remote, conf.get("PROJECT"), quiet=not logs.shows_progress())
        backup_run = run if given.backup_first else None
        tasks = [sidecar.task(partial(restore.carry_out, plan, backup_run), plan.alias) for plan in plans]
        if media_plan is not None:
            tasks.append(sidecar.task(partial(media.restore, store.remote, media_plan)))
        task_runner.run_tasks(tasks)
