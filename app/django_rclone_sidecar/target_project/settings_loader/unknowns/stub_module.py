"""The stub of a missing module."""

from __future__ import annotations

import types
from typing import Any

from django_rclone_sidecar.target_project.settings_loader.trace import TRACE, Taint
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import (
    is_dunder,
    is_dunder_for_target,
    stub_attribute,
)


class StubModule(types.ModuleType):
    """A missing module. It has every attribute, but ``import *`` imports none."""

    def __init__(self, name: str, taint: Taint) -> None:
        super().__init__(name)
        self._stub_taint = taint
        self._stub_attributes: dict[str, Any] = {}
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if is_dunder(name) and not is_dunder_for_target(name):
            raise AttributeError(name)
        TRACE.record("use", self._stub_taint)
        if name not in self._stub_attributes:
            self._stub_attributes[name] = stub_attribute(self._stub_taint, name)
        return self._stub_attributes[name]

    def __getattribute__(self, name: str) -> Any:
        if name != "__dict__":
            return super().__getattribute__(name)
        # Read by ``import *``, and by code that lists all names.
        TRACE.record("star", super().__getattribute__("_stub_taint"))
        return {}

    def __dir__(self) -> list[str]:
        TRACE.record("decision", self._stub_taint)
        return []
