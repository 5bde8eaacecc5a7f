"""Base of the management commands: errors become one line and an exit code, and signals end a run cleanly."""

from __future__ import annotations

import logging
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from django_rclone import display, output_errors
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError
from django_rclone.management import options as arguments
from django_rclone.process.interrupts import interruptible
from django_rclone.rclone.session import session

_DJANGO_OPTIONS = frozenset({"settings", "pythonpath"})


class _Parser(CommandParser):
    """Parser that fails with exit code 2 even when it is not called from a command line."""

    def error(self, message: str) -> NoReturn:
        if self.called_from_command_line:
            super().error(message)
        raise CommandError(f"Error: {message}", returncode=ConfigurationError.exit_code)


class BackupCommand(BaseCommand):
    """Base class of a command that runs a recipe. The exit codes are those of django_rclone.exceptions."""

    # A nightly run must not fail because of another app's check. Settings are checked where they are used.
    requires_system_checks = ()

    prints_result = False
    """Whether the output is the purpose of the command: if it cannot be written, the command fails."""

    work: Callable[..., None]
    """Runs the command; takes the command's options by name."""

    quiet = False
    """Whether only errors, warnings and results are printed (``--verbosity 0``)."""

    def run_from_argv(self, argv: list[str]) -> None:
        output_errors.open_standard_descriptors()
        try:
            super().run_from_argv(argv)
        finally:
            output_errors.flush_standard_streams()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.__class__ = _Parser
        return parser

    def handle(self, *_args: Any, **options: Any) -> None:
        """Runs ``work`` and turns its errors into one line and an exit code."""
        self.quiet = options["verbosity"] < 1
        out = output_errors.Tolerant(self.stdout)
        self.stdout, self.stderr = out, output_errors.Tolerant(self.stderr)  # type: ignore[assignment]
        try:
            if problem := arguments.empty_option_problem(options, options.keys() - _DJANGO_OPTIONS):
                raise ConfigurationError(problem)
            with interruptible(), _logging_to(self), session():
                self.work(**options)
        except DjangoRcloneError as error:
            raise CommandError(display.printable(str(error)), returncode=error.exit_code) from error
        if out.lost and self.prints_result:
            raise CommandError(f"The output could not be written: {out.lost}.", returncode=DjangoRcloneError.exit_code)

    def print_line(self, text: str) -> None:
        """Prints a line, unless the command is quiet."""
        if not self.quiet:
            self.stdout.write(display.printable(text))

    def failure_printer(self, items: Sequence[object]) -> Callable[[object, DjangoRcloneError], None]:
        """Returns the function that prints the failure of one of several items; ``handle`` prints that of a single
        one."""

        def print_failure(_item: object, error: DjangoRcloneError) -> None:
            if len(items) > 1:
                self.stderr.write(display.printable(str(error)))

        return print_failure

    def confirm(self, question: str) -> bool:
        """Asks on the terminal, and returns whether to continue. Raises ConfigurationError without a terminal."""
        if sys.stdin is None or not sys.stdin.isatty():
            raise ConfigurationError("Not a terminal: pass --noinput to skip the confirmation.")
        confirmed = input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
        if not confirmed:
            self.stdout.write("Nothing was changed.")
        return confirmed


def add_noinput(parser: CommandParser) -> None:
    """Adds ``--noinput``, for restores."""
    parser.add_argument("--noinput", action="store_false", dest="interactive", help="Do not ask for confirmation.")


def moment(text: str) -> datetime:
    """Returns the time in an argument; without an offset, it is in TIME_ZONE. Raises ArgumentTypeError."""
    parsed = parse_time(text)
    return parsed if parsed.tzinfo else timezone.make_aware(parsed, timezone.get_default_timezone())


def parse_time(text: str) -> datetime:
    """Returns the time in an argument, naive if it has no offset. Raises ArgumentTypeError."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        forms = "2026-11-23T10:15 or 2026-11-23T10:15+01:00"
        raise ArgumentTypeError(f"{text!r} is not a valid time: use the form {forms}") from None


@contextmanager
def _logging_to(command: BaseCommand) -> Iterator[None]:
    """Shows the warnings of a run on the command's stderr, unless the project has log handlers for them."""
    logger = logging.getLogger("django_rclone")
    if logger.hasHandlers():
        yield
        return

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            message = display.printable(record.getMessage())
            command.stderr.write(f"{record.levelname.capitalize()}: {message}", command.style.WARNING)

    handler = Handler()
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
