"""What can go wrong, and the exit code that says so to scripts and schedulers."""

from __future__ import annotations


class DjangoRcloneError(Exception):
    """Something failed. The message names what, where, and what to do next; it holds no secrets."""

    exit_code = 1


class ConfigurationError(DjangoRcloneError):
    """The settings, the arguments or the machine's programs do not fit: trying again will not help."""

    exit_code = 2


class PartlyDone(DjangoRcloneError):
    """Some databases were done and some failed."""

    exit_code = 3


class Locked(DjangoRcloneError):
    """Another run holds the lock."""

    exit_code = 4


class VerificationFailed(DjangoRcloneError):
    """The bytes on the remote are not those that the manifest promises."""

    exit_code = 5


class NothingToRestore(DjangoRcloneError):
    """No backup fits what was asked for."""

    exit_code = 6


class Unavailable(DjangoRcloneError):
    """Storage or database cannot be reached now: the same command may work later."""

    exit_code = 75


class Interrupted(DjangoRcloneError):
    """A signal asked the run to end. Raised after everything was put back in order."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"Interrupted by signal {signal_number}.")
        self.exit_code = 128 + signal_number


class ProgramFailed(DjangoRcloneError):
    """A program ended with an error.

    ``stderr`` is the end of what it said, secrets masked. Whoever built the command explains it
    (``Command.explain``); this is what is left when nobody can.
    """

    def __init__(self, program: str, returncode: int, stderr: str) -> None:
        self.program = program
        self.returncode = returncode
        self.stderr = stderr
        super().__init__(f"{program} {self.ending}{self.last_words}")

    @property
    def ending(self) -> str:
        """How the program ended, in words."""
        if self.returncode < 0:
            return f"was killed by signal {-self.returncode}"
        return f"ended with exit code {self.returncode}"

    @property
    def last_words(self) -> str:
        """The last lines of stderr as one line, beginning with a colon; empty if nothing was said."""
        lines = [line.strip() for line in self.stderr.splitlines() if line.strip()]
        return ": " + " | ".join(lines[-3:]) if lines else ""
