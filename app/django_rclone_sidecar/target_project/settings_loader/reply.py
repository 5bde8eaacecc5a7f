"""The reply of the child process: the value of each known setting, and the reason for each unknown one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from django_rclone.masking import looks_secret, secret_values
from django_rclone_sidecar.target_project.settings_loader import failure_reasons
from django_rclone_sidecar.target_project.settings_loader.analysis.program import Program
from django_rclone_sidecar.target_project.settings_loader.analysis.slicing import Slice
from django_rclone_sidecar.target_project.settings_loader.analysis.taint import TaintAnalysis
from django_rclone_sidecar.target_project.settings_loader.extract import SettingsReader, UnreadableSetting
from django_rclone_sidecar.target_project.settings_loader.trace import TRACE
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import taint_of
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub_module import StubModule

SETTINGS = ("DATABASES", "MEDIA_ROOT", "STORAGES", "DEFAULT_FILE_STORAGE", "TIME_ZONE", "DJANGO_RCLONE")
_MISSING = object()


class Reply:
    """The reply about the settings of ``module``. ``read`` returns the value of a setting, or a default."""

    def __init__(
        self, module: ModuleType, read: Callable[[str, object], Any], configuration: str, ignored: list[str]
    ) -> None:
        self._module = module
        self._read = read
        self._configuration = configuration
        self._ignored = frozenset(ignored)
        self._warnings: list[str] = []
        self._trace_size, self._program = (0, 0), Program([])
        self._machine: dict[str, dict[str, str]] = {}
        self._values = SettingsReader(module.__name__, self._warnings.append)

    def as_json(self) -> dict[str, Any]:
        """Returns the reply as a JSON object, with secrets masked in all messages."""
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

    def _secrets(self, databases: Iterable[Any]) -> list[str]:
        hidden = secret_values(os.environ)
        raw = vars(self._module).get("DATABASES")
        databases = [*databases, *(raw.values() if isinstance(raw, dict) else ())]
        for names in [vars(self._module), *(database for database in databases if isinstance(database, dict))]:
            hidden += [v for n, v in names.items() if isinstance(n, str) and looks_secret(n) and type(v) is str]
        return hidden
