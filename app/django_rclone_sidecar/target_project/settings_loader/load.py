"""Loads the target's settings in a child process, up to three times, and compares the results."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django_rclone.command import Command
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, ProgramFailed
from django_rclone.process import run
from django_rclone_sidecar.target_project.settings_loader import messages

DEADLINE = 30.0
"""Seconds that the settings may take to load."""

# The sidecar's own variables: not passed to the target's code.
_SIDECAR_VARIABLES = re.compile(
    r"(?:BACKUP_(?:ENCRYPTION_PASSWORD|WEB_PASSWORD|NOTIFY_URLS|HEARTBEAT_URL|PUSHGATEWAY_URL|DRILL_DATABASE_URL|REMOTE)"
    r"(?:_FILE)?|RCLONE_.*)"
)


class SettingsModuleMissing(ConfigurationError):
    """The settings module does not exist."""


@dataclass(frozen=True, slots=True)
class Request:
    """The settings module to load, and options."""

    module: str
    path: str
    deadline: float
    """In seconds."""
    configuration: str = ""
    packages: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """The value of each known setting, and the reason for each unknown one."""

    known: Mapping[str, Any]
    problems: Mapping[str, str]
    """By setting."""
    alias_problems: Mapping[str, str]
    warnings: tuple[str, ...]
    unset: tuple[str, ...]
    """Settings that the module does not set."""


def load(request: Request, environ: Mapping[str, str]) -> Loaded:
    """Returns the settings. Raises ConfigurationError if the module cannot be loaded at all; its subclass
    SettingsModuleMissing if the module does not exist.

    If anything was unknown, the settings are loaded again with every unknown decision flipped: a setting that comes out
    differently is unknown. If they ask for facts that differ between machines, they are loaded again as on another one.
    """
    first = _run_worker(request, environ)
    problems, alias_problems = dict(first["problems"]), dict(first["alias_problems"])
    if first["unknown"]:
        second = _run_worker(request, environ, flip_decisions=True)
        problems = {**second["problems"], **problems}
        alias_problems = {**second["alias_problems"], **alias_problems}
        packages = {*first["packages"], *second["packages"]}
        ignored = bool(packages) and packages <= set(request.ignored)
        for setting in {*first["known"], *second["known"]} - problems.keys():
            if not ignored and _known_value(first, setting, alias_problems) != _known_value(
                second, setting, alias_problems
            ):
                problems[setting] = messages.depends(setting, sorted(packages))
    warnings = list(first["warnings"])
    asked = {setting: facts for setting, facts in first["machine"].items() if facts and setting not in problems}
    if asked:
        elsewhere = _run_worker(request, environ, other_machine=True)
        for setting, facts in asked.items():
            here = json.dumps(_known_value(first, setting, alias_problems))
            there = raw = json.dumps(_known_value(elsewhere, setting, alias_problems))
            for name, meant in sorted(elsewhere["names"].items(), reverse=True):
                there = there.replace(name, meant)
            if there != here:
                problems[setting] = messages.machine_decides(setting, facts)
            warnings += [
                messages.machine(setting, where, fact)
                for fact, where in facts.items()
                if here != raw or fact in messages.NOT_SIMULATED
            ]
    return Loaded(first["known"], problems, alias_problems, tuple(warnings), tuple(first["unset"]))


def _known_value(reply: Mapping[str, Any], setting: str, without_aliases: Mapping[str, str]) -> Any:
    value = reply["known"].get(setting)
    if setting == "DATABASES" and value:
        return {alias: database for alias, database in value.items() if alias not in without_aliases}
    return value


def _run_worker(
    request: Request, environ: Mapping[str, str], *, flip_decisions: bool = False, other_machine: bool = False
) -> dict[str, Any]:
    message = {
        "module": request.module,
        "path": request.path,
        "configuration": request.configuration,
        "packages": request.packages,
        "ignored": request.ignored,
        "deadline": request.deadline,
        "flip_decisions": flip_decisions,
        "other_machine": other_machine,
    }
    command = Command(
        # -B: no .pyc files in the target's folder; -P: the working folder is not searched for modules.
        (sys.executable, "-B", "-s", "-P", "-m", "django_rclone_sidecar.target_project.settings_loader.worker"),
        env={
            "PYTHONHASHSEED": "0",
            **{name: value for name, value in environ.items() if not _SIDECAR_VARIABLES.fullmatch(name)},
        },
        explain=lambda failure: _explain(failure, request),
    )
    output = run(command, stdin=json.dumps(message).encode(), timeout=request.deadline + 15)
    try:
        reply: dict[str, Any] = json.loads(output)
    except ValueError as error:
        raise ConfigurationError(f"{request.module} ended the process that read it.") from error
    if "error" in reply:
        raise (SettingsModuleMissing if reply["missing"] else ConfigurationError)(reply["error"])
    return reply


def _explain(failure: ProgramFailed, request: Request) -> DjangoRcloneError:
    # faulthandler prints 'Timeout (0:00:30)!', then for each thread 'File "/target/x.py", line 3 in <module>'.
    # https://docs.python.org/3/library/faulthandler.html
    _before, timed_out, stacks = failure.stderr.rpartition("Timeout (")
    if timed_out:
        root = request.path.rstrip("/") + "/"
        lines = re.findall(r'File "(.+)", line (\d+) in', stacks.rpartition("Thread")[2] or stacks)
        where = next((f"{file.removeprefix(root)}:{line}" for file, line in lines if file.startswith(root)), "")
        return ConfigurationError(
            f"Settings were still running after {request.deadline:g} s{f' at {where}' if where else ''}. Do they "
            f"wait for the network? Make {request.module} load within that time, or use DATABASE_URL."
        )
    return ConfigurationError(f"{request.module} ended the process that read it ({failure.ending}).")
