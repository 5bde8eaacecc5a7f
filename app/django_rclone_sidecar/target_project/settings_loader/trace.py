"""The trace of one load of the settings: what was unknown, and which lines of the target used it."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_rclone_sidecar.target_project.settings_loader.statements import Statement


@dataclass(frozen=True, slots=True)
class Location:
    """A line of the target that was being executed."""

    file: str
    line: int
    function: str
    """``co_qualname``: ``<module>``, ``Base.DATABASES``…"""
    namespace: str
    """The module whose globals it uses."""


@dataclass(frozen=True, slots=True)
class Taint:
    """The source of an unknown value: a missing package or a failed statement."""

    path: str
    """The expression with which the target's code reached it: ``vault.Client().read()``."""
    package: str
    location: Location
    """Where the package was imported, or the statement that failed."""
    reason: str = ""
    """Why the statement failed."""
    guarded: bool = False
    """Whether the import is in a ``try`` that handles the missing package."""

    def extended(self, suffix: str) -> Taint:
        """Returns the taint of a value that was made from this one."""
        return dataclasses.replace(self, path=self.path + suffix if len(self.path) < 200 else self.path)


@dataclass(frozen=True, slots=True)
class Event:
    """A moment at which something unknown had an influence, or may have had one."""

    kind: str
    """``decision``: a branch, comparison or lookup; ``call``; ``use``: an attribute was read; ``import``; ``star``: all
    names were imported; ``guard``: a guarded import failed; ``own``: a guarded import of an optional module of the
    project failed; ``either``: a guarded import failed whose module has a substitute, and both ways are tried;
    ``blocked``: the audit hook refused it;
    ``failed``: a statement failed; ``base``: an unknown base class; ``fill``: environment variables of unknown names
    were set."""
    taint: Taint
    stack: tuple[Location, ...]
    """From the innermost function of the target to the statement of the module that called it."""
    setting: str = ""
    """The setting that was being read, after the module was loaded."""
    given: tuple[object, ...] = field(default=(), repr=False)
    """The arguments of a call. Kept alive, so that they can be compared by identity."""


@dataclass(frozen=True, slots=True)
class VariableRead:
    """The target read an environment variable."""

    name: str
    """Empty if it read all of them."""
    missing: bool
    after: int
    """The number of events before it."""
    stack: tuple[Location, ...]


class Trace:
    """The trace of one load. The child process has one, ``TRACE``."""

    def __init__(self) -> None:
        self.root = ""
        """The folder of the target, with a slash at its end."""
        self.flip_decisions = False
        """Whether unknown decisions are taken the other way (the second load)."""
        self.events: list[Event] = []
        self.statements: list[Statement] = []
        self.by_file: dict[tuple[str, str], list[Statement]] = {}
        """By file and namespace."""
        self.compiled_files: set[tuple[str, str]] = set()
        """Namespace and file of each module that was compiled tolerantly."""
        self.markers: dict[str, Taint] = {}
        """By the marker that a tainted string contains."""
        self.variable_reads: list[VariableRead] = []
        self.machine_reads: list[tuple[str, tuple[Location, ...]]] = []
        """Description of the machine fact that was read, and the stack."""
        self.kept_alive: list[object] = []
        """Objects that must not be garbage-collected."""
        self.setting = ""

    def add(self, statements: list[Statement], file: str, namespace: str) -> None:
        """Adds the statements of a compiled file."""
        self.statements += statements
        self.by_file.setdefault((file, namespace), []).extend(statements)
        self.compiled_files.add((namespace, file))

    def is_target_file(self, file: str) -> bool:
        """Returns whether a file is the target's own code. Code that the target compiles itself may have a relative
        name."""
        file = file if file.startswith(("/", "<")) else self.root + file
        return file.startswith(self.root) and "/site-packages/" not in file and "/dist-packages/" not in file

    def relative(self, file: str) -> str:
        """Returns a file's path relative to the target's folder."""
        return file.removeprefix(self.root)

    def stack(self) -> tuple[Location, ...]:
        """Returns the lines of the target that are being executed, up to the module's statement."""
        found: list[Location] = []
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            code = frame.f_code
            if self.is_target_file(code.co_filename):
                namespace = str(frame.f_globals.get("__name__", ""))
                found.append(Location(code.co_filename, frame.f_lineno or 0, code.co_qualname, namespace))
                # The statement that imports this module was not influenced by the unknown inside it.
                if code.co_name == "<module>" and (namespace, code.co_filename) in self.compiled_files:
                    break
            frame = frame.f_back
        return tuple(found)

    def record(self, kind: str, taint: Taint, *, given: tuple[object, ...] = ()) -> None:
        """Records an event at the line that is being executed."""
        self.events.append(Event(kind, taint, self.stack(), self.setting, given))

    def record_variable(self, name: str, *, missing: bool) -> None:
        """Records that the target read an environment variable."""
        if not _is_library_import() and (stack := self.stack()):
            self.variable_reads.append(VariableRead(name, missing, len(self.events), stack))

    def record_machine_read(self, what: str) -> None:
        """Records that the target read a fact that differs between machines."""
        if not _is_library_import() and (stack := self.stack()):
            self.machine_reads.append((what, stack))


def _is_library_import() -> bool:
    """Returns whether a library reads a value during its own import, which does not concern the target's settings."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and not TRACE.is_target_file(frame.f_code.co_filename):
        if frame.f_code.co_name == "<module>":
            return True
        frame = frame.f_back
    return False


TRACE = Trace()
