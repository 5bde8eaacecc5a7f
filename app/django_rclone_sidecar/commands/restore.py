"""``restore``: find, plan, ask where somebody sits, and then all or nothing for each database."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from functools import partial

from django_rclone import conf
from django_rclone.backup import Run
from django_rclone.db.base import Mode
from django_rclone.exceptions import ConfigurationError
from django_rclone.management import options as arguments
from django_rclone.management.base import parse_time
from django_rclone_sidecar import bootstrap, logs
from django_rclone_sidecar.bootstrap import Sidecar
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.runs import confirm, lock, media, restore, restore_selection, runner
from django_rclone_sidecar.runs.restore_selection import BackupStore
from django_rclone_sidecar.runs.runner import TaskRunner


def parser() -> ArgumentParser:
    """Returns what reads the command's arguments."""
    made = ArgumentParser(
        "django-rclone restore",
        description="Restores databases, each all or nothing. Say which backup with one of --latest, --id, --at and "
        "--input-path: without a terminal that is enough, at a terminal the plan is shown and asked about.",
        allow_abbrev=False,
    )
    which = made.add_mutually_exclusive_group()
    which.add_argument("--latest", action="store_true", help="The newest good backup of each database.")
    which.add_argument("--id", type=arguments.text, help="The backup with this id, as `list` shows it.")
    which.add_argument(
        "--at", type=parse_time, metavar="TIME", help="The newest good backup of each database begun at or before TIME."
    )
    which.add_argument("-i", "--input-path", type=arguments.text, metavar="PATH", help="The object at this path.")
    made.add_argument(
        "-d", "--database", action="append", type=arguments.text, metavar="ALIAS", help="Only this database alias."
    )
    made.add_argument(
        "--into", type=arguments.text, metavar="NAME", help="Restore into another, new database beside the live one."
    )
    made.add_argument("--media", action="store_true", help="Restore the media files too, after the databases.")
    made.add_argument("--backup-first", action="store_true", help="Back each database up before it is touched.")
    made.add_argument(
        "--unverified",
        action="store_true",
        help="Where no good backup exists, take the newest one without a manifest (made by django-rclone 0.4).",
    )
    made.add_argument(
        "--terminate-sessions", action="store_true", help="End other sessions of a database before it is replaced."
    )
    made.add_argument(
        "--in-place",
        action="store_true",
        help="MySQL, MariaDB: load over the live tables, where the role may not load beside them. The backup is "
        "verified first; a failure after that leaves the database half restored.",
    )
    made.add_argument(
        "--from-project", type=arguments.text, metavar="NAME", help="Restore the backups of another project."
    )
    confirm.add_options(made)
    return made


def main(given: list[str], environment: Environment) -> int:
    reads = parser()
    options = reads.parse_args(given)
    named = bool(options.latest or options.id or options.at or options.input_path)
    _check(reads, options, named)
    with runner.run("restore", environment, observed=not options.dry_run) as tasks:
        sidecar = bootstrap.start(environment)
        with lock.held(sidecar.environment.get("BACKUP_STATE_DIR")):
            store = restore_selection.backup_store(options.from_project)
            if not named:
                options.id = restore_selection.choose(store, options.database[0] if options.database else "")
                if not options.id:
                    print("Nothing was changed.")
                    return 0
            _restore(options, sidecar, store, tasks)
    return 0


def _check(reads: ArgumentParser, options: Namespace, named: bool) -> None:
    """Ends with a usage error (exit code 2) where the options do not fit together."""
    if not named and not confirm.at_terminal():
        reads.error("say which backup: one of --latest, --id, --at or --input-path")
    if (options.id or options.input_path) and (options.unverified or len(options.database or ()) > 1):
        reads.error("--id and --input-path name one backup: --unverified and several --database do not go with them")
    if options.into and (options.media or options.backup_first):
        reads.error("--into leaves the live database as it is: --media and --backup-first do not go with it")


def _restore(options: Namespace, sidecar: Sidecar, store: BackupStore, tasks: TaskRunner) -> None:
    requests = restore_selection.requests(options, sidecar, store)
    if options.into and len(requests) > 1:
        raise ConfigurationError(
            f"--into takes one database: say which with --database ({', '.join(sidecar.aliases)})."
        )
    mode = Mode(into=options.into or "", terminate_sessions=options.terminate_sessions, in_place=options.in_place)
    plans = [restore.make_plan(request, mode, store, finish=not options.dry_run) for request in requests]
    restore_selection.warn_about_mixed_points([plan.ready.backup for plan in plans if plan.ready])
    lines = [plan.shown(whole=options.dry_run) for plan in plans]
    files = None
    if options.media:
        media.require_folder(sidecar)
        files = media.plan(store.remote, store.project)
        lines.append(str(files))
    if options.dry_run:
        print("\n".join(lines))
        tasks.each([sidecar.task(plan.check, plan.alias) for plan in plans])
    elif not (options.media or any(plan.ready for plan in plans)) or confirm.confirmed(options, "\n".join(lines)):
        first = (
            Run(store.remote, conf.get("PROJECT"), quiet=not logs.shows_progress()) if options.backup_first else None
        )
        parts = [sidecar.task(partial(restore.carry_out, plan, first), plan.alias) for plan in plans]
        if files is not None:
            parts.append(sidecar.task(partial(media.restore, store.remote, files)))
        tasks.each(parts)
