"""Settings that are attributes of a class (django-configurations, ``DJANGO_CONFIGURATION``)."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from django_rclone_sidecar.target_project.settings_loader import compile as tolerance
from django_rclone_sidecar.target_project.settings_loader import failure_reasons
from django_rclone_sidecar.target_project.settings_loader.trace import RECORD, Event, Origin, Place
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import StandIn


def prepare() -> None:
    """Makes the project's own calls of ``configurations.setup`` do nothing: its finder would come before ours."""
    package = importlib.import_module("configurations")
    importer = importlib.import_module("configurations.importer")
    importer.installed = True  # type: ignore[attr-defined]
    importer.install = package.setup = lambda *_args, **_kwargs: None  # type: ignore[attr-defined]


class Configured:
    """A class of settings. Its steps are those of ``configurations.importer.ConfigurationLoader``, each alone."""

    def __init__(self, module: ModuleType, name: str) -> None:
        self._module = module
        self._class: Any = getattr(module, name)
        self.failures: list[Event] = []
        """Steps that failed; each may have changed anything."""
        self._step("pre_setup")
        self._set_up_values()
        self._instance = None if type(self._class) is StandIn else self._class()
        self._step("post_setup")

    def get(self, name: str, default: Any) -> Any:
        """Returns a setting. One that cannot be had is a stand-in with the reason."""
        RECORD.setting = name
        try:
            return self._try(lambda: self._called(getattr(self._instance, name, default)))
        finally:
            RECORD.setting = ""

    def _called(self, value: Any) -> Any:
        if not callable(value) or type(value) is StandIn or getattr(value, "pristine", False):
            return value
        value = value()
        return value.setup("") if hasattr(type(value), "late_binding") else value

    def _set_up_values(self) -> None:
        value_class = importlib.import_module("configurations.values").Value
        setup_value = importlib.import_module("configurations.values").setup_value
        for name in dir(self._class):
            value = getattr(self._class, name, None) if name.isupper() else None
            if type(value) is not StandIn and isinstance(value, value_class):
                RECORD.setting = name
                failed = self._try(lambda name=name, value=value: setup_value(self._class, name, value))  # type: ignore[misc]
                if failed is not None:
                    setattr(self._class, name, failed)
        RECORD.setting = ""

    def _step(self, name: str) -> None:
        step = getattr(self._class, name, None)
        if callable(step) and type(step) is not StandIn:
            failed = self._try(step)
            if type(failed) is StandIn:
                origin = failed._standin_origin
                self.failures.append(Event("failed", origin, (origin.place,)))

    def _try(self, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except (Exception, SystemExit) as error:
            place = self._place(error)
            return StandIn(
                tolerance.blamed(error, place) or Origin("", "", place, failure_reasons.why(error, RECORD.short))
            )

    def _place(self, error: BaseException) -> Place:
        """Returns the last line of the target that took part, else the module's beginning."""
        found = Place(str(self._module.__file__), 1, "<module>", self._module.__name__)
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if RECORD.below(code.co_filename):
                found = Place(code.co_filename, trace.tb_lineno or 0, code.co_qualname, self._module.__name__)
            trace = trace.tb_next
        return found
