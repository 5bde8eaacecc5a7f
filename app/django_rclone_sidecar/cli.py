"""``django-rclone``: runs a command, and turns errors into one line and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from typing import TextIO, cast

from django_rclone import DOCUMENTATION, output_errors, setting_names
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError
from django_rclone.masking import secret_values
from django_rclone.process.interrupts import interruptible
from django_rclone.rclone.session import session
from django_rclone_sidecar import logs
from django_rclone_sidecar.environment import read
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.report import AlreadyLogged
from django_rclone_sidecar.setting_names import VariableAndCommandNames

logger = logging.getLogger(__name__)

COMMANDS: Mapping[str, str] = {
    "serve": "Make backups on a schedule until stopped; serve metrics, health and a status page.",
    "backup": "Back up the databases and the media files.",
    "restore": "Restore databases from the newest good backups, or from the one you choose.",
    "list": "List the backups on the remote, newest first.",
    "verify": "Verify backups by reading them in full, and record the results on the remote.",
    "prune": "Remove backups that BACKUP_KEEP_… does not keep, and leftovers of interrupted runs.",
    "media-backup": "Mirror the media files to the remote.",
    "media-restore": "Restore the media files from their mirror on the remote.",
    "doctor": "Check everything that backups and restores need.",
    "healthcheck": "Check whether the `serve` of this container is healthy.",
    "manage": "Run a management command of Django or django_rclone.",
    "version": "Print the versions of django-rclone, Django, Python and rclone.",
}

_INTERNAL_COMMANDS = ("scheduler", "refresh", "web")
"""Started only by `serve`, each as a separate process."""

_RESULTS = ("list", "doctor", "version")
_RESULT_OPTIONS = frozenset({"--json", "--dry-run", "--help", "-h"})
"""Commands and options that exist for their output: they fail when it cannot be written."""


def main(arguments: list[str] | None = None) -> int:
    """Runs the command named by the arguments, and returns the exit code."""
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
        output_errors.flush_standard_streams()


def _run(command: str, arguments: list[str]) -> int:
    if command in ("-h", "--help", "help"):
        print(usage())
        return 0
    if command not in COMMANDS and command not in _INTERNAL_COMMANDS:
        print(usage(), file=sys.stderr)
        print(_unknown_command(command), file=sys.stderr)
        return ConfigurationError.exit_code
    # Imported on demand: not every command needs Django.
    module = import_module(f"django_rclone_sidecar.commands.{command.replace('-', '_')}")
    try:
        with interruptible(), setting_names.using(VariableAndCommandNames()), session():
            code: int = module.main(arguments, _start())
            return code
    except AlreadyLogged as error:
        return error.exit_code
    except DjangoRcloneError as error:
        logger.error("%s", error, extra={"event": f"{command}.failed"}, exc_info=_traceback(error))
        return error.exit_code
    except Exception as error:
        # An unexpected error. A traceback could show secrets, so it is only logged at debug level.
        message = f"{type(error).__name__}: {error}. Set BACKUP_LOG_LEVEL=debug to log the traceback."
        logger.error("%s", message, extra={"event": f"{command}.failed"}, exc_info=_traceback(error))
        return DjangoRcloneError.exit_code


def usage() -> str:
    """Returns the list of commands."""
    width = max(len(command) for command in COMMANDS)
    lines = [f"  {command:<{width}}  {meaning}" for command, meaning in COMMANDS.items()]
    return "\n".join(
        [
            "usage: django-rclone COMMAND [OPTION …]",
            "",
            *lines,
            "",
            "`django-rclone COMMAND --help` lists the options of a command. Settings are environment variables: see",
            f'"Environment variables" in the documentation, {DOCUMENTATION}',
        ]
    )


def _unknown_command(command: str) -> str:
    if not command:
        return "error: no command given."
    import difflib  # noqa: PLC0415 - rarely needed

    meant = next(iter(difflib.get_close_matches(command, COMMANDS, n=1)), "")
    return f'error: unknown command "{command}".' + (f" Did you mean {meant}?" if meant else "")


def _start() -> Environment:
    """Parses the environment variables and sets up the log, also when a value is not valid."""
    read.take_over_settings_module(os.environ)
    read.current.cache_clear()
    secrets = secret_values(os.environ)
    try:
        environment = read.current()
    except ConfigurationError:
        logs.set_up("json" if os.environ.get("BACKUP_LOG_FORMAT", "").lower() == "json" else "text", "info", secrets)
        raise
    logs.set_up(environment.get("BACKUP_LOG_FORMAT"), environment.get("BACKUP_LOG_LEVEL"), secrets)
    logs.add_secrets(environment.secrets)
    for warning in environment.warnings:
        logger.warning("%s", warning, extra={"event": "environment.unknown"})
    return environment


def _traceback(error: BaseException) -> BaseException | None:
    return error if logging.getLogger().isEnabledFor(logging.DEBUG) else None
