"""Errors, and the exit code of each for scripts and schedulers."""

from __future__ import annotations


class DjangoRcloneError(Exception):
    """An operation failed. The message names the problem, its place and the next step; it contains no secrets."""

    exit_code = 1


class ConfigurationError(DjangoRcloneError):
    """The settings, the arguments or the machine's programs are wrong: trying again will not help."""

    exit_code = 2


class PartlyDone(DjangoRcloneError):
    """Some databases succeeded and some failed."""

    exit_code = 3


class Locked(DjangoRcloneError):
    """Another run holds the lock."""

    exit_code = 4


class VerificationFailed(DjangoRcloneError):
    """The bytes on the remote do not match the manifest."""

    exit_code = 5


class NothingToRestore(DjangoRcloneError):
    """No backup matches the request."""

    exit_code = 6


class Unavailable(DjangoRcloneError):
    """The storage or the database cannot be reached now: the same command may work later."""

    exit_code = 75


class Interrupted(DjangoRcloneError):
    """A signal interrupted the run. Raised after everything was put back in order."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"Interrupted by signal {signal_number}.")
        self.exit_code = 128 + signal_number


class ProgramFailed(DjangoRcloneError):
    """A program ended with an error.

    ``stderr`` is the end of its output, with secrets masked. ``Command.explain`` converts known failures into more
    specific errors; failures without an explanation keep this class.
    """

    def __init__(self, program: str, returncode: int, stderr: str) -> None:
        self.program = program
        self.returncode = returncode
        self.stderr = stderr
        super().__init__(f"{program} {self.ending}{self.last_words}")

    @property
    def ending(self) -> str:
        """The program's end in words: its exit code or signal."""
        if self.returncode < 0:
            return f"was killed by signal {-self.returncode}"
        return f"ended with exit code {self.returncode}"

    @property
    def last_words(self) -> str:
        """The last three lines of stderr as one line that begins with a colon; empty if stderr is empty."""
        lines = [line.strip() for line in self.stderr.splitlines() if line.strip()]
        return ": " + " | ".join(lines[-3:]) if lines else ""
