"""``django-rclone``: finds the command, runs it, and turns what goes wrong into one line and an exit code."""

from __future__ import annotations

import difflib
import logging
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from typing import TextIO, cast

from django_rclone import output_errors, vocabulary
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError
from django_rclone.masking import secret_values
from django_rclone.process.interrupts import interruptible
from django_rclone_sidecar import logs
from django_rclone_sidecar.environment import read
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.report import AlreadyLogged
from django_rclone_sidecar.vocabulary import SettingsAndCommands

logger = logging.getLogger(__name__)

COMMANDS: Mapping[str, str] = {
    "serve": "Back up by the schedule until stopped; serve metrics, health and a page.",
    "backup": "Back up the databases, and the media files.",
    "restore": "Restore databases: the newest good backups, or the one that you name.",
    "list": "List what is on the remote, newest first.",
    "prune": "Remove backups beyond BACKUP_KEEP_LAST, and what dead runs left.",
    "media-backup": "Make the mirror of the media files on the remote equal to them.",
    "media-restore": "Make the media files equal to their mirror on the remote.",
    "doctor": "Check everything that a backup and a restore need, and say what to do.",
    "healthcheck": "Say whether the `serve` of this container is well.",
    "manage": "Run a management command of Django's or django_rclone's.",
    "version": "Print the versions.",
}

_INTERNAL_COMMANDS = ("scheduler", "refresh", "web")
"""What `serve` starts, each as a process of its own, and nobody else."""

_RESULTS = ("list", "doctor", "version")
_RESULT_OPTIONS = frozenset({"--json", "--dry-run", "--help", "-h"})
"""Verbs and options whose output is what they are for: they have failed where it cannot be written."""


def main(arguments: list[str] | None = None) -> int:
    """Runs the command that the arguments name, and returns the exit code."""
    output_errors.open_standard_descriptors()
    command, *rest = (sys.argv[1:] if arguments is None else arguments) or [""]
    out = output_errors.Tolerant(sys.stdout)
    try:
        with redirect_stdout(cast("TextIO", out)), redirect_stderr(cast("TextIO", output_errors.Tolerant(sys.stderr))):
            code = _run(command, rest)
            if code == 0 and out.lost and (command in _RESULTS or not _RESULT_OPTIONS.isdisjoint(rest)):
                print(f"error: the output could not be written: {out.lost}.", file=sys.stderr)
                return DjangoRcloneError.exit_code
            return code
    finally:
        output_errors.settle()


def _run(command: str, arguments: list[str]) -> int:
    if command in ("-h", "--help", "help"):
        print(usage())
        return 0
    if command not in COMMANDS and command not in _INTERNAL_COMMANDS:
        print(usage(), file=sys.stderr)
        print(_unknown_command(command), file=sys.stderr)
        return ConfigurationError.exit_code
    # Imported when it is asked for: not every command needs Django.
    module = import_module(f"django_rclone_sidecar.commands.{command.replace('-', '_')}")
    try:
        with interruptible(), vocabulary.using(SettingsAndCommands()):
            code: int = module.main(arguments, _start())
            return code
    except AlreadyLogged as error:
        return error.exit_code
    except DjangoRcloneError as error:
        logger.error("%s", error, extra={"event": f"{command}.failed"}, exc_info=_traceback(error))
        return error.exit_code
    except Exception as error:
        # Nobody foresaw it. The message alone may say little, but a traceback may hold more than it should.
        message = f"{type(error).__name__}: {error}. With BACKUP_LOG_LEVEL=debug the log says where."
        logger.error("%s", message, extra={"event": f"{command}.failed"}, exc_info=_traceback(error))
        return DjangoRcloneError.exit_code


def usage() -> str:
    """Returns which commands there are."""
    width = max(len(command) for command in COMMANDS)
    lines = [f"  {command:<{width}}  {meaning}" for command, meaning in COMMANDS.items()]
    return "\n".join(
        [
            "usage: django-rclone COMMAND [OPTION …]",
            "",
            *lines,
            "",
            "Each takes --help. What is backed up, and where to, environment variables say: docs/environment.md.",
        ]
    )


def _unknown_command(command: str) -> str:
    if not command:
        return "error: say what to do."
    meant = next(iter(difflib.get_close_matches(command, COMMANDS, n=1)), "")
    return f'error: there is no command "{command}".' + (f" Did you mean {meant}?" if meant else "")


def _start() -> Environment:
    """Parse the environment variables and set up the log. Also logs when a variable has a value that is not valid."""
    read.take_over_settings_module(os.environ)
    read.current.cache_clear()
    secrets = secret_values(os.environ)
    try:
        environment = read.current()
    except ConfigurationError:
        logs.set_up("json" if os.environ.get("BACKUP_LOG_FORMAT", "").lower() == "json" else "text", "info", secrets)
        raise
    logs.set_up(environment.get("BACKUP_LOG_FORMAT"), environment.get("BACKUP_LOG_LEVEL"), secrets)
    logs.hide(environment.secrets)
    for warning in environment.warnings:
        logger.warning("%s", warning, extra={"event": "environment.unknown"})
    return environment


def _traceback(error: BaseException) -> BaseException | None:
    return error if logging.getLogger().isEnabledFor(logging.DEBUG) else None
