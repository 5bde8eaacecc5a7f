"""What an import in the target's code finds: the target's own modules, tolerantly compiled, or a stand-in.

The first of our two finders only changes how the target's own files are compiled. The last one is asked when nobody
else knows a module, and stands in for a package that the image lacks; but only if the target's own code asks for it.
Django and other libraries, which look for what they could use, hear the truth.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import re
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from django_rclone_sidecar.target_project.settings_loader import compile as tolerance
from django_rclone_sidecar.target_project.settings_loader import module_substitutes
from django_rclone_sidecar.target_project.settings_loader.analysis import try_blocks
from django_rclone_sidecar.target_project.settings_loader.trace import RECORD, Origin, Place
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub_module import StandInModule

_WORD = r"(?:settings|local|secrets?|private|overrides?|prod|production|staging|deploy|dev|env|site|conf|config)"
_OWN = re.compile(rf"{_WORD}(?:_{_WORD})*|\w+_(?:settings|local)")
"""Names of modules that projects keep beside their settings and publish nowhere."""
_OWN_PART = re.compile(
    r"(?:local|user|site|custom|private|secret|override|extra|host|instance|deploy|prod|production|staging|dev|test)"
    r"_(?:settings|local)|settings_local|local|secrets?|secret_?keys?|private|overrides?"
)
"""The same, in a package of any name."""


class TolerantFinder(MetaPathFinder):
    """Finds the target's own modules. Asked first."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target)
        if spec is None:
            spec = _root_itself(name)
        if spec is None:
            return None
        if isinstance(spec.loader, SourceFileLoader) and RECORD.below(str(spec.origin)):
            spec.loader = TolerantLoader(name, str(spec.origin))
            return spec
        if spec.loader is None and "." not in name and _holds_no_code(spec):
            return StandInFinder().find_spec(name, path, target)  # a folder that only happens to have this name
        return None


class TolerantLoader(SourceFileLoader):
    """Compiles a module so that each of its statements may fail alone."""

    def get_code(self, fullname: str) -> Any:
        file = self.get_filename(fullname)
        return tolerance.compile_tolerantly(self.get_data(file), file, fullname)


class StandInFinder(MetaPathFinder):
    """Stands in for packages that are not here. Asked last."""

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        top, _, rest = name.partition(".")
        if rest and (same := module_substitutes.same_module(name)) is not None:
            return ModuleSpec(name, SameLoader(same))
        if rest and not isinstance(sys.modules.get(name.rpartition(".")[0]), StandInModule):
            _note_own_part(name)
            return None  # a missing part of a package that is here
        if top in sys.stdlib_module_names:
            return None
        frame, probing = _importing_frame()
        if frame is None:
            if probing and (places := RECORD.places()):  # the target asks through a library
                RECORD.note("guard", Origin(name, top, places[0]))
            return None
        place = Place(frame.f_code.co_filename, frame.f_lineno or 0, frame.f_code.co_qualname, "")
        guarded = probing or try_blocks.is_guarded(place.file, place.line)
        origin = Origin(name, top, place, guarded=guarded)
        if guarded and not rest:
            own = not probing and _is_own_settings(top, _wanted(name))
            either = module_substitutes.has_substitute(top)
            RECORD.note("own" if own else "either" if either else "guard", origin)
            if own or not RECORD.other_way:
                return None
        if (same := module_substitutes.same_module(name)) is not None:
            return ModuleSpec(name, SameLoader(same))
        RECORD.note("import", origin)
        return ModuleSpec(name, StandInLoader(origin), is_package=True)


class StandInLoader(Loader):
    """Makes a stand-in for a module."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StandInModule(spec.name, self._origin)

    def exec_module(self, module: ModuleType) -> None:
        """Adds the parts that are known."""
        for name, part in module_substitutes.known_parts(module.__name__).items():
            setattr(module, name, part)


class SameLoader(Loader):
    """Gives a module that is the same under another name."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def create_module(self, _spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Does nothing: it is whole."""


def install() -> None:
    """Puts both finders in their places."""
    sys.meta_path.insert(0, TolerantFinder())
    sys.meta_path.append(StandInFinder())
    importlib.metadata.Distribution.from_name = classmethod(_recorded_version)  # type: ignore[assignment]


_from_name = importlib.metadata.Distribution.from_name.__func__  # type: ignore[attr-defined]


def _recorded_version(cls: Any, name: str) -> Any:
    """Asking for a package's version is asking whether it is there."""
    try:
        return _from_name(cls, name)
    except importlib.metadata.PackageNotFoundError:
        RECORD.note("guard", Origin(f"version of {name}", name, (*RECORD.places(), Place("", 0, "", ""))[0]))
        raise


def _root_itself(name: str) -> ModuleSpec | None:
    """Finds the folder of the target itself, where it is a package and its modules import each other from it."""
    root = Path(RECORD.root)
    if name != root.name or not (root / "__init__.py").is_file():
        return None
    return PathFinder.find_spec(name, [str(root.parent)])


def _note_own_part(name: str) -> None:
    """Notes a missing module in a package of the project's own, where its author can do without."""
    parent = sys.modules.get(name.rpartition(".")[0])
    frame, probing = _importing_frame()
    if parent is None or frame is None or not any(RECORD.below(f"{folder}/") for folder in parent.__path__):
        return
    place = Place(frame.f_code.co_filename, frame.f_lineno or 0, frame.f_code.co_qualname, "")
    if probing or try_blocks.is_guarded(place.file, place.line):
        RECORD.note("own", Origin(name, name.partition(".")[0], place))


def _is_own_settings(top: str, wanted: str) -> bool:
    _, _, last = wanted.lower().rpartition(".")
    return _OWN.fullmatch(top.lower()) is not None or _OWN_PART.fullmatch(last) is not None


def _wanted(name: str) -> str:
    """Returns the module that is wanted, of which ``name`` is the part that is asked for first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not RECORD.below(frame.f_code.co_filename):
        asked = frame.f_locals.get("name") if frame.f_code.co_filename.startswith("<frozen importlib") else None
        if isinstance(asked, str) and asked.startswith(name + "."):
            name = asked
        frame = frame.f_back
    return name


def _importing_frame() -> tuple[FrameType | None, bool]:
    """Returns the target's frame that imports, if it is one, and whether the module was asked for by a name that is
    no part of the source: then its absence may be an answer."""
    frame: FrameType | None = sys._getframe(1)
    probing = dynamic = False
    while frame is not None:
        file = frame.f_code.co_filename
        if not (file.startswith("<frozen importlib") or file in (__file__, importlib.__file__)):
            break
        probing = probing or (frame.f_code.co_name == "find_spec" and file == "<frozen importlib.util>")
        dynamic = dynamic or file == importlib.__file__
        frame = frame.f_back
    if frame is None or RECORD.below(frame.f_code.co_filename):
        return frame, probing
    return None, (probing or dynamic) and _is_asked_for(frame)


def _is_asked_for(frame: FrameType | None) -> bool:
    """Tells whether a function of a library looks for a module because the target called it; what a library looks
    for when it is imported itself is its own affair."""
    while frame is not None and not RECORD.below(frame.f_code.co_filename):
        if frame.f_code.co_name == "<module>":
            return False
        frame = frame.f_back
    return frame is not None


def _holds_no_code(spec: ModuleSpec) -> bool:
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    return not any(next(folder.rglob("*.py"), None) for folder in folders)
