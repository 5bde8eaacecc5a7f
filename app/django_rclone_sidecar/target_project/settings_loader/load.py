"""Loads the target's settings, up to three times, and compares the results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django_rclone_sidecar.target_project.settings_loader import messages
from django_rclone_sidecar.target_project.settings_loader.child_process import Request, run_worker


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
    """Returns the settings. Raises ConfigurationError if the module cannot be loaded at all, and its subclass
    SettingsModuleMissing if the module does not exist.

    If anything was unknown, the settings are loaded again with every unknown decision flipped. If they depend on facts
    that differ between machines, they are loaded again as on another machine. A setting whose value changes is unknown.
    """
    first = run_worker(request, environ)
    problems, alias_problems = dict(first["problems"]), dict(first["alias_problems"])
    if first["unknown"]:
        second = run_worker(request, environ, flip_decisions=True)
        problems = {**second["problems"], **problems}
        alias_problems = {**second["alias_problems"], **alias_problems}
        packages = {*first["packages"], *second["packages"]}
        ignored = bool(packages) and packages <= set(request.ignored)
        for setting in {*first["known"], *second["known"]} - problems.keys():
            if not ignored and _known_value(first, setting, alias_problems) != _known_value(
                second, setting, alias_problems
            ):
                problems[setting] = messages.depends_on_unknown(setting, sorted(packages))
    warnings = list(first["warnings"])
    asked = {setting: facts for setting, facts in first["machine"].items() if facts and setting not in problems}
    if asked:
        elsewhere = run_worker(request, environ, other_machine=True)
        for setting, facts in asked.items():
            here = json.dumps(_known_value(first, setting, alias_problems))
            there = raw = json.dumps(_known_value(elsewhere, setting, alias_problems))
            for name, meant in sorted(elsewhere["names"].items(), reverse=True):
                there = there.replace(name, meant)
            if there != here:
                problems[setting] = messages.differs_by_machine(setting, facts)
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
