"""Import hooks: the target's modules are compiled tolerantly, and missing packages become stubs.

``TargetFinder`` is first in ``sys.meta_path`` and changes only how the target's own files are compiled. ``StubFinder``
is last, so it sees only modules that nothing else finds; it gives a stub only to the target's own code. Django and
other libraries, which probe for optional packages, get the real ModuleNotFoundError.
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

from django_rclone_sidecar.target_project.settings_loader import module_substitutes, tolerant_compiler
from django_rclone_sidecar.target_project.settings_loader.analysis import try_blocks
from django_rclone_sidecar.target_project.settings_loader.trace import TRACE, Location, Taint
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub_module import StubModule

_WORD = r"(?:settings|local|secrets?|private|overrides?|prod|production|staging|deploy|dev|env|site|conf|config)"
_OWN_MODULE = re.compile(rf"{_WORD}(?:_{_WORD})*|\w+_(?:settings|local)")
"""Names of modules that projects keep next to their settings and do not publish."""
_OWN_SUBMODULE = re.compile(
    r"(?:local|user|site|custom|private|secret|override|extra|host|instance|deploy|prod|production|staging|dev|test)"
    r"_(?:settings|local)|settings_local|local|secrets?|secret_?keys?|private|overrides?"
)
"""The same, for a module in a package of any name."""


class TargetFinder(MetaPathFinder):
    """Finds the target's own modules. First in ``sys.meta_path``."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target)
        if spec is None:
            spec = _find_root_package(name)
        if spec is None:
            return None
        if isinstance(spec.loader, SourceFileLoader) and TRACE.is_target_file(str(spec.origin)):
            spec.loader = TargetLoader(name, str(spec.origin))
            return spec
        if spec.loader is None and "." not in name and _has_no_code(spec):
            return StubFinder().find_spec(name, path, target)  # a folder without code, named like a package
        return None


class TargetLoader(SourceFileLoader):
    """Compiles a module so that each of its statements may fail alone."""

    def get_code(self, fullname: str) -> Any:
        file = self.get_filename(fullname)
        return tolerant_compiler.compile_module(self.get_data(file), file, fullname)


class StubFinder(MetaPathFinder):
    """Finds stubs for missing packages. Last in ``sys.meta_path``."""

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        top, _, rest = name.partition(".")
        if rest and (substitute := module_substitutes.substitute(name)) is not None:
            return ModuleSpec(name, SubstituteLoader(substitute))
        if rest and not isinstance(sys.modules.get(name.rpartition(".")[0]), StubModule):
            _record_missing_submodule(name)
            return None  # a missing submodule of an installed package
        if top in sys.stdlib_module_names:
            return None
        frame, probing = _importing_frame()
        if frame is None:
            if probing and (stack := TRACE.stack()):  # a library probes for the module on behalf of the target
                TRACE.record("guard", Taint(name, top, stack[0]))
            return None
        location = Location(frame.f_code.co_filename, frame.f_lineno or 0, frame.f_code.co_qualname, "")
        guarded = probing or try_blocks.is_guarded(location.file, location.line)
        taint = Taint(name, top, location, guarded=guarded)
        if guarded and not rest:
            own = not probing and _is_own_settings(top, _requested_module(name))
            either = module_substitutes.has_substitute(top)
            TRACE.record("own" if own else "either" if either else "guard", taint)
            if own or not TRACE.flip_decisions:
                return None
        if (substitute := module_substitutes.substitute(name)) is not None:
            return ModuleSpec(name, SubstituteLoader(substitute))
        TRACE.record("import", taint)
        return ModuleSpec(name, StubLoader(taint), is_package=True)


class StubLoader(Loader):
    """Creates the stub of a module."""

    def __init__(self, taint: Taint) -> None:
        self._origin = taint

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StubModule(spec.name, self._origin)

    def exec_module(self, module: ModuleType) -> None:
        """Adds the attributes that are known."""
        for name, value in module_substitutes.known_attributes(module.__name__).items():
            setattr(module, name, value)


class SubstituteLoader(Loader):
    """Loads an equivalent module under another name."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def create_module(self, _spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Does nothing: the module is complete."""


def install() -> None:
    """Installs both finders."""
    sys.meta_path.insert(0, TargetFinder())
    sys.meta_path.append(StubFinder())
    importlib.metadata.Distribution.from_name = classmethod(_traced_version)  # type: ignore[assignment]


_from_name = importlib.metadata.Distribution.from_name.__func__  # type: ignore[attr-defined]


def _traced_version(cls: Any, name: str) -> Any:
    """Records the query for a missing package's version as a guarded import."""
    try:
        return _from_name(cls, name)
    except importlib.metadata.PackageNotFoundError:
        TRACE.record("guard", Taint(f"version of {name}", name, (*TRACE.stack(), Location("", 0, "", ""))[0]))
        raise


def _find_root_package(name: str) -> ModuleSpec | None:
    """Finds the target's folder itself, if it is a package from which its modules import each other."""
    root = Path(TRACE.root)
    if name != root.name or not (root / "__init__.py").is_file():
        return None
    return PathFinder.find_spec(name, [str(root.parent)])


def _record_missing_submodule(name: str) -> None:
    """Records a missing optional module in one of the project's own packages."""
    parent = sys.modules.get(name.rpartition(".")[0])
    frame, probing = _importing_frame()
    if parent is None or frame is None or not any(TRACE.is_target_file(f"{folder}/") for folder in parent.__path__):
        return
    location = Location(frame.f_code.co_filename, frame.f_lineno or 0, frame.f_code.co_qualname, "")
    if probing or try_blocks.is_guarded(location.file, location.line):
        TRACE.record("own", Taint(name, name.partition(".")[0], location))


def _is_own_settings(top: str, requested: str) -> bool:
    _, _, last = requested.lower().rpartition(".")
    return _OWN_MODULE.fullmatch(top.lower()) is not None or _OWN_SUBMODULE.fullmatch(last) is not None


def _requested_module(name: str) -> str:
    """Returns the full name of the module being imported; ``name`` is its top package, which is imported first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not TRACE.is_target_file(frame.f_code.co_filename):
        asked = frame.f_locals.get("name") if frame.f_code.co_filename.startswith("<frozen importlib") else None
        if isinstance(asked, str) and asked.startswith(name + "."):
            name = asked
        frame = frame.f_back
    return name


def _importing_frame() -> tuple[FrameType | None, bool]:
    """Returns the frame of the target that imports a module, None if a library does, and whether the module is only
    probed for: its absence may then decide something."""
    frame: FrameType | None = sys._getframe(1)
    probing = dynamic = False
    while frame is not None:
        file = frame.f_code.co_filename
        if not (file.startswith("<frozen importlib") or file in (__file__, importlib.__file__)):
            break
        probing = probing or (frame.f_code.co_name == "find_spec" and file == "<frozen importlib.util>")
        dynamic = dynamic or file == importlib.__file__
        frame = frame.f_back
    if frame is None or TRACE.is_target_file(frame.f_code.co_filename):
        return frame, probing
    return None, (probing or dynamic) and _is_requested_by_target(frame)


def _is_requested_by_target(frame: FrameType | None) -> bool:
    """Returns whether a function of a library probes for a module because the target called it, not because the library
    is being imported."""
    while frame is not None and not TRACE.is_target_file(frame.f_code.co_filename):
        if frame.f_code.co_name == "<module>":
            return False
        frame = frame.f_back
    return frame is not None


def _has_no_code(spec: ModuleSpec) -> bool:
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    return not any(next(folder.rglob("*.py"), None) for folder in folders)
