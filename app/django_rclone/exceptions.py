"""Errors. Each class has the exit code of a command that fails with it; the documentation prints the table."""

from __future__ import annotations

from django_rclone import exit_codes


class DjangoRcloneError(Exception):
    """An operation failed. The message states what happened, to what, and what to do; it contains no secrets."""

    exit_code = exit_codes.FAILED


class ConfigurationError(DjangoRcloneError):
    """The settings, the arguments or the installed programs are wrong: trying again will not help."""

    exit_code = exit_codes.WRONG_CONFIGURATION


class PartlyDone(DjangoRcloneError):
    """Some databases succeeded and some failed."""

    exit_code = exit_codes.PARTLY_DONE


class Locked(DjangoRcloneError):
    """Another run holds the lock."""

    exit_code = exit_codes.LOCKED


class VerificationFailed(DjangoRcloneError):
    """The bytes on the remote do not match the manifest, or are not a complete dump."""

    exit_code = exit_codes.VERIFICATION_FAILED


class NothingToRestore(DjangoRcloneError):
    """No backup matches the request."""

    exit_code = exit_codes.NOTHING_TO_RESTORE


class Unavailable(DjangoRcloneError):
    """The storage or the database cannot be reached now: the same command may work later."""

    exit_code = exit_codes.UNAVAILABLE


class Interrupted(DjangoRcloneError):
    """A signal interrupted the run, which then cleaned up."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"Interrupted by signal {signal_number}.")
        self.exit_code = exit_codes.interrupted(signal_number)


class ProgramFailed(DjangoRcloneError):
    """A program ended with an error.

    ``stderr`` is the end of its output, with secrets masked. ``Command.explain`` converts known failures into more
    specific errors; failures without an explanation keep this class.
    """

    def __init__(self, program: str, returncode: int, stderr: str) -> None:
        self.program = program
        self.returncode = returncode
        self.stderr = stderr
        super().__init__(f"{program} {self.ending}{self.last_output}")

    @property
    def ending(self) -> str:
        """Clause with the program's exit code or signal."""
        if self.returncode < 0:
            return f"was killed by signal {-self.returncode}"
        return f"ended with exit code {self.returncode}"

    @property
    def last_output(self) -> str:
        """The last three lines of stderr as one line that begins with a colon; an empty string if stderr is empty."""
        lines = [line.strip() for line in self.stderr.splitlines() if line.strip()]
        return ": " + " | ".join(lines[-3:]) if lines else ""
