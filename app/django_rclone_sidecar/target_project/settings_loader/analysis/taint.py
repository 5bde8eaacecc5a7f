"""Taint analysis: decides whether something unknown can have influenced a setting.

A value that was made from something unknown is tainted itself. A value that was *chosen* by something unknown is not:
therefore every decision is traced, and the slice tells whether the decision can have influenced the setting.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Collection

from django_rclone_sidecar.target_project.settings_loader import messages
from django_rclone_sidecar.target_project.settings_loader.analysis import known_calls, side_effects
from django_rclone_sidecar.target_project.settings_loader.analysis.executed_statements import (
    enclosing_statements,
    executed_statement,
)
from django_rclone_sidecar.target_project.settings_loader.analysis.slicing import Slice
from django_rclone_sidecar.target_project.settings_loader.analysis.taint_rules import TaintRules
from django_rclone_sidecar.target_project.settings_loader.trace import TRACE, Event, Location
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import taint_of

_ASKS_WHAT_IS_INSTALLED = frozenset(["iter_modules", "walk_packages", "entry_points", "packages_distributions"])
_MACHINE_QUERIES = known_calls.INTERPRETER_PATHS | {
    *("now", "utcnow", "today", "isatty", "getpid", "getppid", "getuid", "geteuid", "getsitepackages"),
}
_COMMAND_LINE = frozenset(["argv", "orig_argv", "__main__"])
_WEAK_KINDS = ("call", "use", "import")


class TaintAnalysis:
    """The analysis of one setting."""

    def __init__(self, setting: str, slice_: Slice, value: object, ignored: Collection[str]) -> None:
        self._setting = setting
        self._slice = slice_
        self._ignored = ignored
        self._reads = [read for read in TRACE.variable_reads if self._is_inside(read.stack)]
        self._rules = TaintRules(slice_, value, self._reads)
        self.warnings = self._rules.warnings
        self.machine: dict[str, str] = {}
        """Machine facts that the setting depends on → line where the fact is read."""

    def problem(self) -> str:
        """Returns why the setting's value is unknown; an empty string if it is known."""
        for namespace in {namespace for namespace, _file in TRACE.compiled_files}:
            for name in vars(sys.modules.get(namespace, sys)):
                if type(name) is not str or taint_of(name) is not None:
                    return messages.unknown_names(self._setting, namespace, taint_of(name))
        problem = self._environment_queries()
        for index, event in enumerate(list(TRACE.events)):
            if not (found := self._event_problem(event) or self._missing_variables_problem(event, index)):
                continue
            if event.taint.package in self._ignored:
                self.warnings.append(f"Ignored, as TARGET_IGNORE_PACKAGES says: {found.splitlines()[0]}")
            else:
                problem = problem or found
        return problem

    def _environment_queries(self) -> str:
        """Adds warnings for queries of the machine in the slice. Returns the problem if the slice asks which packages
        are installed."""
        problem, asked = "", set[str]()
        for what, stack in TRACE.machine_reads:
            if self._is_inside(stack):
                self.machine.setdefault(what, messages.at(stack[0]))
        for statement in TRACE.statements:
            if statement not in self._slice:
                continue
            words = statement.words | statement.reads
            for word in sorted(_MACHINE_QUERIES & words - asked):
                asked.add(word)
                self.warnings.append(messages.machine(self._setting, messages.line(statement), word))
            for word in sorted(_COMMAND_LINE & words):
                self.machine.setdefault(f"the command line ({word})", messages.line(statement))
            for word in sorted(_ASKS_WHAT_IS_INSTALLED & words):
                found = messages.depends_on_statement(self._setting, statement, word)
                if word in self._ignored:
                    self.warnings.append(f"Ignored, as TARGET_IGNORE_PACKAGES says: {found.splitlines()[0]}")
                else:
                    problem = problem or found
        return problem

    def _missing_variables_problem(self, event: Event, index: int) -> str:
        """Returns the problem if something unknown may have set variables that are read later and are not set here."""
        missing = {read.name for read in self._reads if read.missing and read.after > index}
        if not missing or event.setting or not event.stack or event.kind not in ("call", "import", "fill"):
            return ""
        location = event.stack[0]
        used = {name for other in TRACE.statements for name in (*other.reads, *other.words)}
        used |= {original for other in TRACE.statements for _, _, original, _ in other.imports}
        if event.kind == "call":
            fills = side_effects.calls_for_effect(event.taint, location, used)
        elif event.kind == "import":
            statement = executed_statement(event.stack)
            unused = statement is not None and statement.kind == "Import" and not statement.defines & used
            fills = unused and side_effects.imports_for_effect(event.taint, location)
        else:
            fills = True
        return messages.may_be_set_elsewhere(self._setting, event, sorted(missing)) if fills else ""

    def _is_inside(self, stack: tuple[Location, ...]) -> bool:
        statement = executed_statement(stack)
        if statement is not None:
            return statement in self._slice and not self._is_in_unused_member(stack)
        return any(found in self._slice for found in enclosing_statements(stack))

    def _event_problem(self, event: Event) -> str:
        if event.setting:  # traced while the value was read, after the module was loaded
            asked = event.setting == self._setting and bool(event.stack) and event.kind not in _WEAK_KINDS
            return messages.tainted(self._setting, event) if asked else ""
        statement = executed_statement(event.stack)
        if statement is None:
            inside = next((s for s in enclosing_statements(event.stack) if s in self._slice), None)
            return (
                messages.tainted(self._setting, event) if inside is not None and event.kind not in _WEAK_KINDS else ""
            )
        if self._is_in_unused_member(event.stack):
            return ""
        if event.kind == "star" and not statement.is_star:
            event = dataclasses.replace(event, kind="decision")
        return messages.tainted(self._setting, event) if self._rules.concerns(event, statement) else ""

    def _is_in_unused_member(self, stack: tuple[Location, ...]) -> bool:
        """Returns whether an event was in a class member that the slice does not mention."""
        for location in stack:
            for statement in TRACE.statements:
                if (
                    statement.in_class
                    and (statement.file, statement.namespace) == (location.file, location.namespace)
                    and statement.first <= location.line <= statement.last
                    and statement not in self._slice
                ):
                    return True
        return False
