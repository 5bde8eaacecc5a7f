"""The child process: loads the target's settings and writes them as JSON to standard output.

``load`` runs it with ``python -m`` and writes the request as JSON to its standard input.
"""

from __future__ import annotations

import faulthandler
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from django_rclone.masking import looks_secret, secret_values
from django_rclone_sidecar.target_project.settings_loader import (
    audit_hook,
    failure_reasons,
    import_hooks,
    tolerant_compiler,
)
from django_rclone_sidecar.target_project.settings_loader.analysis.program import Program
from django_rclone_sidecar.target_project.settings_loader.analysis.slicing import Slice
from django_rclone_sidecar.target_project.settings_loader.analysis.taint import TaintAnalysis
from django_rclone_sidecar.target_project.settings_loader.django_configurations import ConfigurationClass, prepare
from django_rclone_sidecar.target_project.settings_loader.extract import SettingsReader, UnreadableSetting
from django_rclone_sidecar.target_project.settings_loader.trace import TRACE
from django_rclone_sidecar.target_project.settings_loader.unknowns import (
    environment_variables,
    machine_values,
    unknown_paths,
)
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import taint_of
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub_module import StubModule

SETTINGS = ("DATABASES", "MEDIA_ROOT", "STORAGES", "DEFAULT_FILE_STORAGE", "TIME_ZONE", "DJANGO_RCLONE")
_MISSING = object()


class CannotLoad(Exception):
    """The settings module cannot be imported. ``missing``: it does not exist."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


def main() -> None:
    """Writes the reply and exits at once, without waiting for threads and exit handlers of the target."""
    request = json.load(sys.stdin)
    reply_descriptor = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what the target prints must not get into the reply
    faulthandler.dump_traceback_later(request["deadline"], exit=True)
    try:
        reply = _load(request)
    except CannotLoad as error:
        reply = {"error": failure_reasons.masked(str(error), secret_values(os.environ)), "missing": error.missing}
    with os.fdopen(reply_descriptor, "w") as stream:
        json.dump(reply, stream)
    os._exit(0)


def _load(request: dict[str, Any]) -> dict[str, Any]:
    TRACE.root = request["path"].rstrip("/") + "/"
    TRACE.flip_decisions = request["flip_decisions"]
    os.chdir(TRACE.root)
    sys.path[:0] = [TRACE.root.rstrip("/")]
    sys.path += request["packages"]
    os.environ["DJANGO_SETTINGS_MODULE"] = request["module"]
    importlib.import_module("django.conf")
    _adapt("split_settings", _compile_included)
    if request["configuration"]:
        _adapt("configurations", prepare)
    tolerant_compiler.install()
    import_hooks.install()
    audit_hook.install()
    environment_variables.install()
    unknown_paths.install()
    names = machine_values.install(other=request["other_machine"])
    module = _import(request["module"])
    reply = _Reply(module, request["configuration"], request["ignored"])
    return {**reply.as_json(), "names": names}


def _adapt(package: str, adapt: Callable[[], None]) -> None:
    """Adapts an installed settings package to the loader."""
    if importlib.util.find_spec(package) is not None:
        adapt()


def _compile_included() -> None:
    """Makes split_settings compile included files tolerantly, like the module that includes them."""
    tools = importlib.import_module("split_settings.tools")

    def compile_included(source: Any, file: Any, _mode: str) -> Any:
        namespace = sys._getframe(1).f_locals["scope"].get("__name__", "")
        return tolerant_compiler.compile_module(source, str(file), namespace)

    tools.compile = compile_included  # type: ignore[attr-defined]


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise CannotLoad(_not_found(name), missing=True) from error
        raise CannotLoad(f"Cannot import {name}: it {failure_reasons.reason(error, TRACE.relative)}.") from error
    except SyntaxError as error:
        why = failure_reasons.reason(error, TRACE.relative).removeprefix("cannot go on: ")
        raise CannotLoad(f"{why}.") from error
    except Exception as error:
        raise CannotLoad(f"Cannot import {name}: it {failure_reasons.reason(error, TRACE.relative)}.") from error


def _not_found(name: str) -> str:
    folder = Path(TRACE.root, *name.split(".")[:-1])
    siblings = sorted({path.stem for path in folder.glob("*.py")} - {"__init__"}) if folder.is_dir() else []
    found = f" (found: {', '.join(siblings)})" if siblings else ""
    return f"Module {name} not found below {TRACE.root.rstrip('/')}{found}. Is the folder with manage.py mounted there?"


class _Reply:
    """The value of each known setting, and the reason for each unknown one."""

    def __init__(self, module: ModuleType, configuration: str, ignored: list[str]) -> None:
        self._module = module
        self._configuration = configuration
        self._ignored = frozenset(ignored)
        self._warnings: list[str] = []
        self._trace_size, self._program = (0, 0), Program([])
        self._machine: dict[str, dict[str, str]] = {}
        self._values = SettingsReader(module.__name__, self._warnings.append)
        self._read = self._from_class(configuration) if configuration else self._from_module

    def as_json(self) -> dict[str, Any]:
        """Returns the reply, with secrets masked in all messages."""
        known: dict[str, Any] = {}
        problems: dict[str, str] = {}
        alias_problems: dict[str, str] = {}
        unset: list[str] = []
        for setting in SETTINGS:
            value = self._read(setting, _MISSING)
            if value is _MISSING:
                unset.append(setting)
            TRACE.setting = setting  # lazy strings are evaluated only now
            try:
                if setting == "DATABASES":
                    known[setting], alias_problems = self._values.databases({} if value is _MISSING else value)
                elif value is not _MISSING:
                    known[setting] = self._plain(setting, value)
            except UnreadableSetting as error:
                problems[setting] = str(error)
            TRACE.setting = ""
            if problem := self._taint_problem(setting, value):
                problems[setting] = problem
                known.pop(setting, None)
        secrets = self._secrets(known.get("DATABASES", {}).values())
        return {
            "known": known,
            "problems": {setting: failure_reasons.masked(text, secrets) for setting, text in problems.items()},
            "alias_problems": {alias: failure_reasons.masked(text, secrets) for alias, text in alias_problems.items()},
            "warnings": [failure_reasons.masked(text, secrets) for text in dict.fromkeys(self._warnings)],
            "unset": unset,
            "machine": self._machine,
            "packages": sorted({n.partition(".")[0] for n, m in list(sys.modules.items()) if type(m) is StubModule}),
            "unknown": bool(TRACE.events) or any(type(m) is StubModule for m in list(sys.modules.values())),
        }

    def _plain(self, setting: str, value: Any) -> Any:
        if setting == "STORAGES":
            return self._values.storages(value)
        if setting == "MEDIA_ROOT":
            return self._values.folder(setting, value)
        return self._values.plain(setting, value)

    def _taint_problem(self, setting: str, value: Any) -> str:
        if value is not _MISSING and taint_of(value) is not None and not self._configuration:
            return ""  # the message about the value itself is better
        trace_size = len(TRACE.statements), len(TRACE.variable_reads)
        if trace_size != self._trace_size:
            self._trace_size, self._program = trace_size, Program(TRACE.statements, TRACE.variable_reads)
        backward_slice = Slice(self._program, self._module.__name__, setting, value, self._configuration)
        analysis = TaintAnalysis(setting, backward_slice, value, self._ignored)
        problem = analysis.problem()
        self._machine[setting] = analysis.machine
        if value is not _MISSING:
            self._warnings += analysis.warnings
        return problem

    def _from_module(self, setting: str, default: Any) -> Any:
        return vars(self._module).get(setting, default)

    def _from_class(self, name: str) -> Callable[[str, Any], Any]:
        if not hasattr(self._module, name):
            raise CannotLoad(f"DJANGO_CONFIGURATION is {name}, but {self._module.__name__} has no such class.")
        configuration = ConfigurationClass(self._module, name)
        TRACE.events += configuration.failures
        return configuration.get

    def _secrets(self, databases: Iterable[Any]) -> list[str]:
        hidden = secret_values(os.environ)
        raw = vars(self._module).get("DATABASES")
        databases = [*databases, *(raw.values() if isinstance(raw, dict) else ())]
        for names in [vars(self._module), *(database for database in databases if isinstance(database, dict))]:
            hidden += [v for n, v in names.items() if isinstance(n, str) and looks_secret(n) and type(v) is str]
        return hidden


if __name__ == "__main__":
    main()
