"""The child process: loads the target's settings and answers with JSON on its standard output.

Run by ``load`` as ``python -m``, with a JSON document on standard input.
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
from django_rclone_sidecar.target_project.settings_loader import audit_hook, failure_reasons, import_hooks
from django_rclone_sidecar.target_project.settings_loader import compile as tolerance
from django_rclone_sidecar.target_project.settings_loader.analysis.program import Program
from django_rclone_sidecar.target_project.settings_loader.analysis.slicing import Slice
from django_rclone_sidecar.target_project.settings_loader.analysis.taint import Doubt
from django_rclone_sidecar.target_project.settings_loader.django_configurations import Configured, prepare
from django_rclone_sidecar.target_project.settings_loader.extract import NotKnown, Values
from django_rclone_sidecar.target_project.settings_loader.trace import RECORD
from django_rclone_sidecar.target_project.settings_loader.unknowns import (
    environment_variables,
    machine_values,
    unknown_paths,
)
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import origin_of
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub_module import StandInModule

SETTINGS = ("DATABASES", "MEDIA_ROOT", "STORAGES", "DEFAULT_FILE_STORAGE", "TIME_ZONE", "DJANGO_RCLONE")
_MISSING = object()


class CannotLoad(Exception):
    """The settings module itself cannot be had. ``missing``: there is no such module."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


def main() -> None:
    """Answers, and ends at once: no thread and no exit handler of the target may keep us."""
    wanted = json.load(sys.stdin)
    answer = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what the target prints must not get into the answer
    faulthandler.dump_traceback_later(wanted["deadline"], exit=True)
    try:
        found = _load(wanted)
    except CannotLoad as error:
        found = {"error": failure_reasons.shown(str(error), secret_values(os.environ)), "missing": error.missing}
    with os.fdopen(answer, "w") as stream:
        json.dump(found, stream)
    os._exit(0)


def _load(wanted: dict[str, Any]) -> dict[str, Any]:
    RECORD.root = wanted["path"].rstrip("/") + "/"
    RECORD.other_way = wanted["other_way"]
    os.chdir(RECORD.root)
    sys.path[:0] = [RECORD.root.rstrip("/")]
    sys.path += wanted["packages"]
    os.environ["DJANGO_SETTINGS_MODULE"] = wanted["module"]
    importlib.import_module("django.conf")
    _adapt("split_settings", _compile_included)
    if wanted["configuration"]:
        _adapt("configurations", prepare)
    tolerance.install()
    import_hooks.install()
    audit_hook.install()
    environment_variables.install()
    unknown_paths.install()
    names = machine_values.install(other=wanted["other_machine"])
    module = _import(wanted["module"])
    answer = _Answer(module, wanted["configuration"], wanted["ignored"])
    return {**answer.as_json(), "names": names}


def _adapt(package: str, adapt: Callable[[], None]) -> None:
    """Makes a helper work with us, if it is installed."""
    if importlib.util.find_spec(package) is not None:
        adapt()


def _compile_included() -> None:
    """Files that split_settings includes are compiled like the module that includes them."""
    tools = importlib.import_module("split_settings.tools")

    def compile_included(source: Any, file: Any, _mode: str) -> Any:
        namespace = sys._getframe(1).f_locals["scope"].get("__name__", "")
        return tolerance.compile_tolerantly(source, str(file), namespace)

    tools.compile = compile_included  # type: ignore[attr-defined]


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise CannotLoad(_not_found(name), missing=True) from error
        raise CannotLoad(f"Cannot import {name}: it {failure_reasons.why(error, RECORD.short)}.") from error
    except SyntaxError as error:
        why = failure_reasons.why(error, RECORD.short).removeprefix("cannot go on: ")
        raise CannotLoad(f"{why}.") from error
    except Exception as error:
        raise CannotLoad(f"Cannot import {name}: it {failure_reasons.why(error, RECORD.short)}.") from error


def _not_found(name: str) -> str:
    folder = Path(RECORD.root, *name.split(".")[:-1])
    beside = sorted({path.stem for path in folder.glob("*.py")} - {"__init__"}) if folder.is_dir() else []
    found = f" (found: {', '.join(beside)})" if beside else ""
    return (
        f"Module {name} not found below {RECORD.root.rstrip('/')}{found}. Is the folder with manage.py mounted there?"
    )


class _Answer:
    """What is known of each setting, and why the rest is not."""

    def __init__(self, module: ModuleType, configuration: str, ignored: list[str]) -> None:
        self._module = module
        self._start = configuration
        self._ignored = frozenset(ignored)
        self._warnings: list[str] = []
        self._met, self._program = (0, 0), Program([])
        self._machine: dict[str, dict[str, str]] = {}
        self._values = Values(module.__name__, self._warnings.append)
        self._read = self._from_class(configuration) if configuration else self._from_module

    def as_json(self) -> dict[str, Any]:
        """Returns the whole answer, secrets masked in all that people read."""
        known: dict[str, Any] = {}
        problems: dict[str, str] = {}
        alias_problems: dict[str, str] = {}
        unset: list[str] = []
        for setting in SETTINGS:
            value = self._read(setting, _MISSING)
            if value is _MISSING:
                unset.append(setting)
            RECORD.setting = setting  # lazy texts and their like decide only when they are asked
            try:
                if setting == "DATABASES":
                    known[setting], alias_problems = self._values.databases({} if value is _MISSING else value)
                elif value is not _MISSING:
                    known[setting] = self._plain(setting, value)
            except NotKnown as error:
                problems[setting] = str(error)
            RECORD.setting = ""
            if problem := self._doubt(setting, value):
                problems[setting] = problem
                known.pop(setting, None)
        hide = self._secrets(known.get("DATABASES", {}).values())
        return {
            "known": known,
            "problems": {setting: failure_reasons.shown(text, hide) for setting, text in problems.items()},
            "alias_problems": {alias: failure_reasons.shown(text, hide) for alias, text in alias_problems.items()},
            "warnings": [failure_reasons.shown(text, hide) for text in dict.fromkeys(self._warnings)],
            "unset": unset,
            "machine": self._machine,
            "packages": sorted({n.partition(".")[0] for n, m in list(sys.modules.items()) if type(m) is StandInModule}),
            "unknown": bool(RECORD.events) or any(type(m) is StandInModule for m in list(sys.modules.values())),
        }

    def _plain(self, setting: str, value: Any) -> Any:
        if setting == "STORAGES":
            return self._values.storages(value)
        if setting == "MEDIA_ROOT":
            return self._values.folder(setting, value)
        return self._values.plain(setting, value)

    def _doubt(self, setting: str, value: Any) -> str:
        if value is not _MISSING and origin_of(value) is not None and not self._start:
            return ""  # the value itself says why, and better
        met = len(RECORD.statements), len(RECORD.variables)
        if met != self._met:
            self._met, self._program = met, Program(RECORD.statements, RECORD.variables)
        part = Slice(self._program, self._module.__name__, setting, value, self._start)
        doubt = Doubt(setting, part, value, self._ignored)
        problem = doubt.problem()
        self._machine[setting] = doubt.machine
        if value is not _MISSING:
            self._warnings += doubt.warnings
        return problem

    def _from_module(self, setting: str, default: Any) -> Any:
        return vars(self._module).get(setting, default)

    def _from_class(self, name: str) -> Callable[[str, Any], Any]:
        if not hasattr(self._module, name):
            raise CannotLoad(f"DJANGO_CONFIGURATION is {name}, and {self._module.__name__} has no such class.")
        configured = Configured(self._module, name)
        RECORD.events += configured.failures
        return configured.get

    def _secrets(self, databases: Iterable[Any]) -> list[str]:
        hidden = secret_values(os.environ)
        raw = vars(self._module).get("DATABASES")
        databases = [*databases, *(raw.values() if isinstance(raw, dict) else ())]
        for names in [vars(self._module), *(database for database in databases if isinstance(database, dict))]:
            hidden += [v for n, v in names.items() if isinstance(n, str) and looks_secret(n) and type(v) is str]
        return hidden


if __name__ == "__main__":
    main()
