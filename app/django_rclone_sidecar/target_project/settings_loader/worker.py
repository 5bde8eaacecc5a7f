"""The child process: loads the target's settings and writes them as JSON to standard output.

``load`` runs it with ``python -m`` and writes the request as JSON to its standard input.
"""

from __future__ import annotations

import faulthandler
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from django_rclone.masking import secret_values
from django_rclone_sidecar.target_project.settings_loader import (
    audit_hook,
    failure_reasons,
    import_hooks,
    tolerant_compiler,
)
from django_rclone_sidecar.target_project.settings_loader.django_configurations import ConfigurationClass, prepare
from django_rclone_sidecar.target_project.settings_loader.reply import Reply
from django_rclone_sidecar.target_project.settings_loader.trace import TRACE
from django_rclone_sidecar.target_project.settings_loader.unknowns import (
    environment_variables,
    machine_values,
    unknown_paths,
)


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
    read = _class_reader(module, request["configuration"]) if request["configuration"] else _module_reader(module)
    reply = Reply(module, read, request["configuration"], request["ignored"])
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


def _module_reader(module: ModuleType) -> Callable[[str, object], Any]:
    return vars(module).get


def _class_reader(module: ModuleType, name: str) -> Callable[[str, object], Any]:
    if not hasattr(module, name):
        raise CannotLoad(f"DJANGO_CONFIGURATION is {name}, but {module.__name__} has no such class.")
    configuration = ConfigurationClass(module, name)
    TRACE.events += configuration.failures
    return configuration.get


def _not_found(name: str) -> str:
    folder = Path(TRACE.root, *name.split(".")[:-1])
    siblings = sorted({path.stem for path in folder.glob("*.py")} - {"__init__"}) if folder.is_dir() else []
    found = f" (found: {', '.join(siblings)})" if siblings else ""
    return f"Module {name} not found below {TRACE.root.rstrip('/')}{found}. Is the folder with manage.py mounted there?"


if __name__ == "__main__":
    main()
