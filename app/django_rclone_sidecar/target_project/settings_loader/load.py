"""Asks a child process what the target's settings are."""

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

# Ours, and none of the target's business.
_OWN = re.compile(
    r"(?:BACKUP_(?:ENCRYPTION_PASSWORD|WEB_PASSWORD|NOTIFY_URLS|HEARTBEAT_URL|PUSHGATEWAY_URL|DRILL_DATABASE_URL|REMOTE)"
    r"(?:_FILE)?|RCLONE_.*)"
)


class SettingsMissing(ConfigurationError):
    """There is no such settings module."""


@dataclass(frozen=True, slots=True)
class Request:
    """Which settings to load, and how."""

    module: str
    path: str
    deadline: float
    """In seconds."""
    configuration: str = ""
    packages: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is known of the settings, and why the rest is not."""

    known: Mapping[str, Any]
    problems: Mapping[str, str]
    """By setting."""
    alias_problems: Mapping[str, str]
    warnings: tuple[str, ...]
    unset: tuple[str, ...]
    """Settings that the module does not have."""


def load(request: Request, environ: Mapping[str, str]) -> Loaded:
    """Returns what the settings hold. Raises ConfigurationError when the module cannot be loaded at all, and its
    SettingsMissing when it is not there.

    Where anything was unknown they are loaded once more, with every unknown decision taken the other way: what
    comes out differently was not known. The same on "another machine", where they ask what differs between machines.
    """
    first = _ask(request, environ)
    problems, alias_problems = dict(first["problems"]), dict(first["alias_problems"])
    if first["unknown"]:
        second = _ask(request, environ, other_way=True)
        problems = {**second["problems"], **problems}
        alias_problems = {**second["alias_problems"], **alias_problems}
        packages = {*first["packages"], *second["packages"]}
        ignored = bool(packages) and packages <= set(request.ignored)
        for setting in {*first["known"], *second["known"]} - problems.keys():
            if not ignored and _without(first, setting, alias_problems) != _without(second, setting, alias_problems):
                problems[setting] = messages.depends(setting, sorted(packages))
    warnings = list(first["warnings"])
    asked = {setting: what for setting, what in first["machine"].items() if what and setting not in problems}
    if asked:
        elsewhere = _ask(request, environ, other_machine=True)
        for setting, what in asked.items():
            here = json.dumps(_without(first, setting, alias_problems))
            there = raw = json.dumps(_without(elsewhere, setting, alias_problems))
            for name, meant in sorted(elsewhere["names"].items(), reverse=True):
                there = there.replace(name, meant)
            if there != here:
                problems[setting] = messages.machine_decides(setting, what)
            warnings += [
                messages.machine(setting, where, asked)
                for asked, where in what.items()
                if here != raw or asked in messages.NOT_TRIED
            ]
    return Loaded(first["known"], problems, alias_problems, tuple(warnings), tuple(first["unset"]))


def _without(answer: Mapping[str, Any], setting: str, aliases: Mapping[str, str]) -> Any:
    value = answer["known"].get(setting)
    if setting == "DATABASES" and value:
        return {alias: database for alias, database in value.items() if alias not in aliases}
    return value


def _ask(
    request: Request, environ: Mapping[str, str], *, other_way: bool = False, other_machine: bool = False
) -> dict[str, Any]:
    question = {
        "module": request.module,
        "path": request.path,
        "configuration": request.configuration,
        "packages": request.packages,
        "ignored": request.ignored,
        "deadline": request.deadline,
        "other_way": other_way,
        "other_machine": other_machine,
    }
    command = Command(
        # -B: nothing is written beside the target's files; -P: what lies in this folder is none of our modules.
        (sys.executable, "-B", "-s", "-P", "-m", "django_rclone_sidecar.target_project.settings_loader.worker"),
        env={"PYTHONHASHSEED": "0", **{name: value for name, value in environ.items() if not _OWN.fullmatch(name)}},
        explain=lambda failure: _explain(failure, request),
    )
    output = run(command, stdin=json.dumps(question).encode(), timeout=request.deadline + 15)
    try:
        answer: dict[str, Any] = json.loads(output)
    except ValueError as error:
        raise ConfigurationError(f"{request.module} ended the process that read it.") from error
    if "error" in answer:
        raise (SettingsMissing if answer["missing"] else ConfigurationError)(answer["error"])
    return answer


def _explain(failure: ProgramFailed, request: Request) -> DjangoRcloneError:
    # What faulthandler prints: 'Timeout (0:00:30)!', then for each thread 'File "/target/x.py", line 3 in <module>'.
    # https://docs.python.org/3/library/faulthandler.html
    _before, timed_out, stacks = failure.stderr.rpartition("Timeout (")
    if timed_out:
        root = request.path.rstrip("/") + "/"
        lines = re.findall(r'File "(.+)", line (\d+) in', stacks.rpartition("Thread")[2] or stacks)
        where = next((f"{file.removeprefix(root)}:{line}" for file, line in lines if file.startswith(root)), "")
        return ConfigurationError(
            f"Settings were still running after {request.deadline:g} s{f' at {where}' if where else ''}. Does "
            f"something wait for the network? {request.module} must load in that time, else use DATABASE_URL."
        )
    return ConfigurationError(f"{request.module} ended the process that read it ({failure.ending}).")
