"""The helper programs that print fingerprints: how connectors describe them, and what their errors mean."""

from __future__ import annotations

from django_rclone.command import Command
from django_rclone.db.helper_programs import module_command, reported_error
from django_rclone.exceptions import DjangoRcloneError, ProgramFailed, VerificationFailed


def fingerprint_command(alias: str, engine: str, *arguments: str) -> Command:
    """Returns the command for the program of an engine's package, which reads a dump on stdin."""

    def explain(failure: ProgramFailed) -> DjangoRcloneError:
        reported = reported_error(failure)
        if reported is None:
            return DjangoRcloneError(f'Database "{alias}": the dump could not be compared: {failure}.')
        error = reported.error
        message = str(error).removeprefix("the backup is damaged: ")
        problem = "is damaged" if isinstance(error, VerificationFailed) else "cannot be compared"
        return type(error)(f'Database "{alias}": the dump {problem}: {message}')

    return module_command(f"django_rclone.db.{engine}.programs.fingerprint", *arguments, explain=explain)
