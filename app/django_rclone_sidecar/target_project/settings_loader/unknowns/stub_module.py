"""What an import gives for a package that is not here."""

from __future__ import annotations

import types
from typing import Any

from django_rclone_sidecar.target_project.settings_loader.trace import RECORD, Origin
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import attribute, is_asked, is_dunder


class StandInModule(types.ModuleType):
    """An imported package that is not here."""

    def __init__(self, name: str, origin: Origin) -> None:
        super().__init__(name)
        self._standin_origin = origin
        self._standin_parts: dict[str, Any] = {}
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if is_dunder(name) and not is_asked(name):
            raise AttributeError(name)
        RECORD.note("use", self._standin_origin)
        if name not in self._standin_parts:
            self._standin_parts[name] = attribute(self._standin_origin, name)
        return self._standin_parts[name]

    def __getattribute__(self, name: str) -> Any:
        if name != "__dict__":
            return super().__getattribute__(name)
        # ``import *`` asks for this, and so does whoever wants to know all names.
        RECORD.note("star", super().__getattribute__("_standin_origin"))
        return {}

    def __dir__(self) -> list[str]:
        RECORD.note("decision", self._standin_origin)
        return []
