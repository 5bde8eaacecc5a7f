"""Judges whether something unknown can have reached a setting.

A value that was made from the unknown shows it. A value that was *chosen* by it does not: hence the record of every
decision, and the slice that tells whether the decision can have reached the setting.
"""

from __future__ import annotations

import dataclasses
import os
import re
import sys
from collections.abc import Collection

from django_rclone_sidecar.target_project.settings_loader import messages
from django_rclone_sidecar.target_project.settings_loader.analysis import known_calls, side_effects, try_blocks
from django_rclone_sidecar.target_project.settings_loader.analysis.executing_statements import (
    functions_at,
    statement_of,
)
from django_rclone_sidecar.target_project.settings_loader.analysis.slicing import Slice, mutable_parts
from django_rclone_sidecar.target_project.settings_loader.extract import unknown
from django_rclone_sidecar.target_project.settings_loader.statements import Statement
from django_rclone_sidecar.target_project.settings_loader.trace import RECORD, Event, Place
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import origin_of

_WRITES_SETTINGS = re.compile(r"(?:^|[._])(?:settings|secrets?|vault|ssm|dotenv|conf)(?:[._(]|$)|env(?:$|[._(])|^env")
_HARMLESS_STARS = ("defaults", "constants")
_FILLS_ENVIRONMENT = re.compile(r"env(?:$|[._])|^env|_env|autoenv|vault|secret")
_ASKS_WHAT_IS_INSTALLED = frozenset(["iter_modules", "walk_packages", "entry_points", "packages_distributions"])
_ASKS_THE_MACHINE = known_calls.PYTHONS_OWN_PLACE | {
    *("now", "utcnow", "today", "isatty", "getpid", "getppid", "getuid", "geteuid", "getsitepackages"),
}
_COMMAND_LINE = frozenset(["argv", "orig_argv", "__main__"])
_TOUCHES = ("call", "use", "import")
_MAKES = ("Assign", "AnnAssign", "AugAssign")
_ONE_NAME = ("Assign", "AnnAssign", "Import", "ImportFrom", "FunctionDef", "AsyncFunctionDef", "ClassDef")


class Doubt:
    """What of the record concerns one setting."""

    def __init__(self, setting: str, slice_: Slice, value: object, ignored: Collection[str]) -> None:
        self._setting = setting
        self._slice = slice_
        self._ignored = ignored
        self._parts = set(mutable_parts(value))
        self._readings = [reading for reading in RECORD.variables if self._is_inside(reading.places)]
        self.warnings: list[str] = []
        self.machine: dict[str, str] = {}
        """What of the machine the setting depends on, in words, with a line."""

    def problem(self) -> str:
        """Returns why the setting's value cannot be trusted, or an empty text."""
        for namespace in {namespace for namespace, _file in RECORD.units}:
            for name in vars(sys.modules.get(namespace, sys)):
                if type(name) is not str or origin_of(name) is not None:
                    return messages.unknown_names(self._setting, namespace, origin_of(name))
        problem = self._asks()
        for index, event in enumerate(list(RECORD.events)):
            if not (found := self._message(event) or self._filled(event, index)):
                continue
            if event.origin.package in self._ignored:
                self.warnings.append(f"Ignored, as TARGET_IGNORE_PACKAGES says: {found.splitlines()[0]}")
            else:
                problem = problem or found
        return problem

    def _asks(self) -> str:
        """Returns what of the slice asks a question that has another answer here."""
        problem, asked = "", set[str]()
        for what, places in RECORD.machine:
            if self._is_inside(places):
                self.machine.setdefault(what, messages.at(places[0]))
        for statement in RECORD.statements:
            if statement not in self._slice:
                continue
            words = statement.words | statement.reads
            for word in sorted(_ASKS_THE_MACHINE & words - asked):
                asked.add(word)
                self.warnings.append(messages.machine(self._setting, messages.line(statement), word))
            for word in sorted(_COMMAND_LINE & words):
                self.machine.setdefault(f"the command line ({word})", messages.line(statement))
            for word in sorted(_ASKS_WHAT_IS_INSTALLED & words):
                found = messages.asks(self._setting, statement, word)
                if word in self._ignored:
                    self.warnings.append(f"Ignored, as TARGET_IGNORE_PACKAGES says: {found.splitlines()[0]}")
                else:
                    problem = problem or found
        return problem

    def _filled(self, event: Event, index: int) -> str:
        """Returns that something unknown may have set variables that were asked for later and are not set."""
        missing = {reading.name for reading in self._readings if reading.missing and reading.after > index}
        if not missing or event.setting or not event.places or event.kind not in ("call", "import", "fill"):
            return ""
        place = event.places[0]
        used = {name for other in RECORD.statements for name in (*other.reads, *other.words)}
        used |= {original for other in RECORD.statements for _, _, original, _ in other.imports}
        if event.kind == "call":
            fills = side_effects.calls_for_effect(event.origin, place, used)
        elif event.kind == "import":
            statement = statement_of(event.places)
            unused = statement is not None and statement.kind == "Import" and not statement.defines & used
            fills = unused and side_effects.imports_for_effect(event.origin, place)
        else:
            fills = True
        return messages.may_fill(self._setting, event, sorted(missing)) if fills else ""

    def _is_inside(self, places: tuple[Place, ...]) -> bool:
        statement = statement_of(places)
        if statement is not None:
            return statement in self._slice and not self._of_unwanted_member(places)
        return any(found in self._slice for found in functions_at(places))

    def _message(self, event: Event) -> str:
        if event.setting:  # asked for after everything was loaded
            asked = event.setting == self._setting and bool(event.places) and event.kind not in _TOUCHES
            return messages.doubt(self._setting, event) if asked else ""
        statement = statement_of(event.places)
        if statement is None:
            inside = next((s for s in functions_at(event.places) if s in self._slice), None)
            return messages.doubt(self._setting, event) if inside is not None and event.kind not in _TOUCHES else ""
        if self._of_unwanted_member(event.places):
            return ""
        if event.kind == "star" and not statement.is_star:
            event = dataclasses.replace(event, kind="decision")
        concerns = {
            "call": self._call_concerns,
            "use": self._use_concerns,
            "import": self._import_concerns,
            "star": self._star_concerns,
            "failed": self._failure_concerns,
            "own": self._own_concerns,
            "base": self._base_concerns,
            "fill": lambda *_: False,
            "either": lambda *_: False,
        }.get(event.kind, self._decision_concerns)
        return messages.doubt(self._setting, event) if concerns(event, statement) else ""

    def _decision_concerns(self, _event: Event, statement: Statement) -> bool:
        return statement in self._slice or self._sets_variables(statement)

    def _base_concerns(self, _event: Event, statement: Statement) -> bool:
        """Tells whether somebody looks into a class whose base is unknown; that it stands in a value is seen there."""
        if statement not in self._slice:
            return False
        classes = [value for name in statement.defines if isinstance(value := _value(statement, name), type)]
        others = [s for s in RECORD.statements if s in self._slice and s is not statement and s.parent is not statement]
        return not classes or any(
            statement.defines & other.words or any(_is_one_of(_value(other, name), classes) for name in other.uses)
            for other in others
        )

    def _sets_variables(self, statement: Statement) -> bool:
        """Tells whether a statement sets environment variables that the setting depends on."""
        if statement.environment or any(_value(statement, name) is os.environ for name in statement.touches):
            return True
        return any(reading.name in statement.variables for reading in self._readings)

    def _own_concerns(self, event: Event, _statement: Statement) -> bool:
        """A module of the project's own, which its author can do without: that it is not there is a fact."""
        self.warnings.append(messages.absent(event))
        return False

    def _use_concerns(self, event: Event, statement: Statement) -> bool:
        """Tells whether a value was made with the unknown and does not show it, or might not have been made."""
        if statement not in self._slice:
            return False
        if any(try_blocks.in_try(place.file, place.line) for place in event.places):
            return True
        made = [
            value for name in statement.defines | statement.touches if (value := _value(statement, name)) is not None
        ]
        return statement.kind in _MAKES and not statement.in_class and not any(unknown(value) for value in made)

    def _import_concerns(self, event: Event, statement: Statement) -> bool:
        """Tells whether a module was imported for its effect, and that may be to fill the environment."""
        body = [other for other in RECORD.statements if other.namespace == statement.namespace]
        used = any(statement.defines & other.reads for other in body)
        return (
            statement.kind == "Import" and not used and _FILLS_ENVIRONMENT.search(event.origin.path.lower()) is not None
        )

    def _call_concerns(self, event: Event, statement: Statement) -> bool:
        if self._gave_away(event):
            return True
        if self._sets_variables(statement):
            return True
        alone = statement.kind == "Expr" and not self._hands_visibly_on(statement)
        if alone and _WRITES_SETTINGS.search(event.origin.path.lower()):
            return self._slice.reaches(statement) or "env" in event.origin.path.lower()
        return (alone and statement in self._slice) or self._use_concerns(event, statement)

    def _hands_visibly_on(self, statement: Statement) -> bool:
        """Tells whether the unknown is an argument of something known, and is seen in what that changed."""
        value = _value(statement, statement.outer_call)
        return issubclass(type(value), dict | list) and unknown(value) is not None

    def _gave_away(self, event: Event) -> bool:
        """Tells whether the unknown was handed something through which it could have changed the setting."""
        if event.origin.path.lower().replace("_", "").endswith("getlogger()"):  # loggers are named after the module
            return False
        modules = {namespace: sys.modules.get(namespace) for namespace in self._slice.namespaces}
        for given in event.given:
            whole = any(
                (type(given) is str and given == namespace)
                or (module is not None and (given is module or given is vars(module)))
                for namespace, module in modules.items()
            )
            if whole:
                statement = statement_of(event.places)
                if statement is None or not statement.any_name or self._slice.reaches(statement):
                    return True
            elif given is os.environ or self._parts & set(mutable_parts(given)):
                return True
        return False

    def _star_concerns(self, event: Event, statement: Statement) -> bool:
        if event.origin.path.rpartition(".")[2] in _HARMLESS_STARS:
            self.warnings.append(messages.star_ignored(event))
            return False
        return self._slice.reaches(statement)

    def _failure_concerns(self, _event: Event, statement: Statement) -> bool:
        if self._sets_variables(statement):
            return True
        if statement.is_star or statement.any_name:
            return self._slice.reaches(statement)
        if statement not in self._slice:
            return False
        if statement.kind not in _ONE_NAME:
            return True
        # What it would have set is marked as unknown by now; what it would have changed is not.
        names = statement.touches | {
            name
            for name in statement.args | statement.iterates
            if issubclass(type(_value(statement, name)), dict | list)
        }
        if any(self._slice.has(statement.namespace, name) for name in names):
            return True
        return not statement.in_class and not any(
            self._slice.has(statement.namespace, name) for name in statement.defines
        )

    def _of_unwanted_member(self, places: tuple[Place, ...]) -> bool:
        """Tells whether it happened in a method, or in the body of a class, that nobody asks for by name."""
        for place in places:
            for statement in RECORD.statements:
                if (
                    statement.in_class
                    and (statement.file, statement.namespace) == (place.file, place.namespace)
                    and statement.first <= place.line <= statement.last
                    and statement not in self._slice
                ):
                    return True
        return False


def _value(statement: Statement, name: str) -> object:
    return vars(sys.modules.get(statement.namespace, sys)).get(name)


def _is_one_of(value: object, classes: list[type]) -> bool:
    return any(value is one for one in classes)
