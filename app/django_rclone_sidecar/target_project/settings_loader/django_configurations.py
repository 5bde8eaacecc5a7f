"""Settings in a class of django-configurations (``DJANGO_CONFIGURATION``)."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from django_rclone_sidecar.target_project.settings_loader import failure_reasons, tolerant_compiler
from django_rclone_sidecar.target_project.settings_loader.trace import TRACE, Event, Location, Taint
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import Stub


def prepare() -> None:
    """Makes the project's own calls of ``configurations.setup`` do nothing: its finder would precede the loader's."""
    package = importlib.import_module("configurations")
    importer = importlib.import_module("configurations.importer")
    importer.installed = True  # type: ignore[attr-defined]
    importer.install = package.setup = lambda *_args, **_kwargs: None  # type: ignore[attr-defined]


class ConfigurationClass:
    """A settings class. Runs the steps of ``configurations.importer.ConfigurationLoader``; each may fail alone."""

    def __init__(self, module: ModuleType, name: str) -> None:
        self._module = module
        self._class: Any = getattr(module, name)
        self.failures: list[Event] = []
        """Steps that failed; each may have changed any setting."""
        self._step("pre_setup")
        self._set_up_values()
        self._instance = None if type(self._class) is Stub else self._class()
        self._step("post_setup")

    def get(self, name: str, default: Any) -> Any:
        """Returns a setting; a stub with the reason if it cannot be read."""
        TRACE.setting = name
        try:
            return self._try(lambda: self._called(getattr(self._instance, name, default)))
        finally:
            TRACE.setting = ""

    def _called(self, value: Any) -> Any:
        if not callable(value) or type(value) is Stub or getattr(value, "pristine", False):
            return value
        value = value()
        return value.setup("") if hasattr(type(value), "late_binding") else value

    def _set_up_values(self) -> None:
        value_class = importlib.import_module("configurations.values").Value
        setup_value = importlib.import_module("configurations.values").setup_value
        for name in dir(self._class):
            value = getattr(self._class, name, None) if name.isupper() else None
            if type(value) is not Stub and isinstance(value, value_class):
                TRACE.setting = name
                failed = self._try(lambda name=name, value=value: setup_value(self._class, name, value))  # type: ignore[misc]
                if failed is not None:
                    setattr(self._class, name, failed)
        TRACE.setting = ""

    def _step(self, name: str) -> None:
        step = getattr(self._class, name, None)
        if callable(step) and type(step) is not Stub:
            failed = self._try(step)
            if type(failed) is Stub:
                taint = failed._stub_taint
                self.failures.append(Event("failed", taint, (taint.location,)))

    def _try(self, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except (Exception, SystemExit) as error:
            location = self._location(error)
            return Stub(
                tolerant_compiler.taint_from_error(error, location)
                or Taint("", "", location, failure_reasons.reason(error, TRACE.relative))
            )

    def _location(self, error: BaseException) -> Location:
        """Returns the innermost line of the target in the traceback, else the first line of the module."""
        found = Location(str(self._module.__file__), 1, "<module>", self._module.__name__)
        traceback = error.__traceback__
        while traceback is not None:
            code = traceback.tb_frame.f_code
            if TRACE.is_target_file(code.co_filename):
                found = Location(code.co_filename, traceback.tb_lineno or 0, code.co_qualname, self._module.__name__)
            traceback = traceback.tb_next
        return found
