"""What was unknown while the settings were loaded: what it was, and who met it where."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_rclone_sidecar.target_project.settings_loader.statements import Statement


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the target that was being executed."""

    file: str
    line: int
    function: str
    """``co_qualname``: ``<module>``, ``Base.DATABASES``…"""
    namespace: str
    """The module whose globals it works on."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something unknown comes from: a package that is not here, or a statement that failed."""

    path: str
    """How the target's code reached it: ``vault.Client().read()``."""
    package: str
    place: Place
    """Where the package was imported, or the statement that failed."""
    reason: str = ""
    """Why the statement failed."""
    guarded: bool = False
    """The import stands in a ``try`` that does without the package."""

    def longer(self, more: str) -> Origin:
        """Returns the origin of something that was made of this."""
        return dataclasses.replace(self, path=self.path + more if len(self.path) < 200 else self.path)


@dataclass(frozen=True, slots=True)
class Event:
    """Something unknown had an influence, or may have had one."""

    kind: str
    """``decision``, ``call``, ``use``, ``import``, ``star``, ``guard``, ``own``, ``blocked``, ``failed``, ``base``;
    ``fill``: environment variables of unknown names were set; ``either``: both ways are known, and tried."""
    origin: Origin
    places: tuple[Place, ...]
    """From the innermost function of the target to the statement of the module that led there."""
    setting: str = ""
    """The setting that was being asked for, after everything was loaded."""
    given: tuple[object, ...] = field(default=(), repr=False)
    """What was handed to the unknown. Kept alive, so that it can be known again by identity."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The target asked for an environment variable."""

    name: str
    """Empty where it asked for all."""
    missing: bool
    after: int
    """How many events came before."""
    places: tuple[Place, ...]


class Record:
    """What one load of the settings has met. There is one in the child process."""

    def __init__(self) -> None:
        self.root = ""
        """The folder of the target, ending in a slash."""
        self.other_way = False
        """Whether decisions that nobody can know are taken the other way than usual."""
        self.events: list[Event] = []
        self.statements: list[Statement] = []
        self.by_file: dict[tuple[str, str], list[Statement]] = {}
        """By file and namespace."""
        self.units: set[tuple[str, str]] = set()
        """Namespace and file of everything that was compiled statement by statement."""
        self.texts: dict[str, Origin] = {}
        self.variables: list[Reading] = []
        self.machine: list[tuple[str, tuple[Place, ...]]] = []
        """What was asked of this machine, in words, and where."""
        self.kept: list[object] = []
        """What must not be thrown away."""
        self.setting = ""

    def add(self, statements: list[Statement], file: str, namespace: str) -> None:
        """Adds what is compiled of a file."""
        self.statements += statements
        self.by_file.setdefault((file, namespace), []).extend(statements)
        self.units.add((namespace, file))

    def below(self, file: str) -> bool:
        """Tells whether a file is the target's own code. What it compiles itself may have a name below its folder."""
        file = file if file.startswith(("/", "<")) else self.root + file
        return file.startswith(self.root) and "/site-packages/" not in file and "/dist-packages/" not in file

    def short(self, file: str) -> str:
        """Returns a file's name as people of the project know it."""
        return file.removeprefix(self.root)

    def places(self) -> tuple[Place, ...]:
        """Returns the lines of the target that are being executed, up to the module's statement."""
        found: list[Place] = []
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            code = frame.f_code
            if self.below(code.co_filename):
                namespace = str(frame.f_globals.get("__name__", ""))
                found.append(Place(code.co_filename, frame.f_lineno or 0, code.co_qualname, namespace))
                # A module that is imported is a world of its own: what imported it did not see the unknown.
                if code.co_name == "<module>" and (namespace, code.co_filename) in self.units:
                    break
            frame = frame.f_back
        return tuple(found)

    def note(self, kind: str, origin: Origin, *, given: tuple[object, ...] = ()) -> None:
        """Remembers an event at the line that is being executed."""
        self.events.append(Event(kind, origin, self.places(), self.setting, given))

    def note_variable(self, name: str, *, missing: bool) -> None:
        """Remembers that the target asked for an environment variable."""
        if not _is_of_a_library() and (places := self.places()):
            self.variables.append(Reading(name, missing, len(self.events), places))

    def note_machine(self, what: str) -> None:
        """Remembers that the target asked for something that is another one on another machine."""
        if not _is_of_a_library() and (places := self.places()):
            self.machine.append((what, places))


def _is_of_a_library() -> bool:
    """Tells whether a library asks at its own import: that is its own affair."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and not RECORD.below(frame.f_code.co_filename):
        if frame.f_code.co_name == "<module>":
            return True
        frame = frame.f_back
    return False


RECORD = Record()
