"""Rules that tell whether a traced event can change the value of a setting, one for each kind of event."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence

from django_rclone_sidecar.target_project.settings_loader import messages
from django_rclone_sidecar.target_project.settings_loader.analysis import try_blocks
from django_rclone_sidecar.target_project.settings_loader.analysis.executed_statements import executed_statement
from django_rclone_sidecar.target_project.settings_loader.analysis.slicing import Slice, mutable_parts
from django_rclone_sidecar.target_project.settings_loader.extract import find_taint
from django_rclone_sidecar.target_project.settings_loader.statements import Statement
from django_rclone_sidecar.target_project.settings_loader.trace import TRACE, Event, VariableRead

_WRITES_SETTINGS = re.compile(r"(?:^|[._])(?:settings|secrets?|vault|ssm|dotenv|conf)(?:[._(]|$)|env(?:$|[._(])|^env")
_HARMLESS_STARS = ("defaults", "constants")
_FILLS_ENVIRONMENT = re.compile(r"env(?:$|[._])|^env|_env|autoenv|vault|secret")
_ASSIGNMENTS = ("Assign", "AnnAssign", "AugAssign")
_BINDS_NAMES = ("Assign", "AnnAssign", "Import", "ImportFrom", "FunctionDef", "AsyncFunctionDef", "ClassDef")


class TaintRules:
    """The rules for one setting, its slice and the environment variables that the slice reads."""

    def __init__(self, slice_: Slice, value: object, reads: Sequence[VariableRead]) -> None:
        self._slice = slice_
        self._parts = set(mutable_parts(value))
        self._reads = reads
        self.warnings: list[str] = []

    def concerns(self, event: Event, statement: Statement) -> bool:
        """Returns whether an event in ``statement`` concerns the setting."""
        rule = {
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
        return rule(event, statement)

    def _decision_concerns(self, _event: Event, statement: Statement) -> bool:
        return statement in self._slice or self._sets_variables(statement)

    def _base_concerns(self, _event: Event, statement: Statement) -> bool:
        """Returns whether the slice reads attributes of a class with an unknown base. Instances are tainted already."""
        if statement not in self._slice:
            return False
        classes = [value for name in statement.defines if isinstance(value := _value(statement, name), type)]
        others = [s for s in TRACE.statements if s in self._slice and s is not statement and s.parent is not statement]
        return not classes or any(
            statement.defines & other.words or any(_is_one_of(_value(other, name), classes) for name in other.uses)
            for other in others
        )

    def _sets_variables(self, statement: Statement) -> bool:
        """Returns whether a statement sets environment variables that the setting depends on."""
        if statement.environment or any(_value(statement, name) is os.environ for name in statement.touches):
            return True
        return any(read.name in statement.variables for read in self._reads)

    def _own_concerns(self, event: Event, _statement: Statement) -> bool:
        """Adds a warning: a missing optional module of the project is a known fact."""
        self.warnings.append(messages.module_missing(event))
        return False

    def _use_concerns(self, event: Event, statement: Statement) -> bool:
        """Returns whether a value was made from something unknown without being tainted, or only if no error occurs."""
        if statement not in self._slice:
            return False
        if any(try_blocks.in_try(location.file, location.line) for location in event.stack):
            return True
        made = [
            value for name in statement.defines | statement.touches if (value := _value(statement, name)) is not None
        ]
        return (
            statement.kind in _ASSIGNMENTS and not statement.in_class and not any(find_taint(value) for value in made)
        )

    def _import_concerns(self, event: Event, statement: Statement) -> bool:
        """Returns whether a module is imported for its side effect, which may be to set environment variables."""
        body = [other for other in TRACE.statements if other.namespace == statement.namespace]
        used = any(statement.defines & other.reads for other in body)
        return (
            statement.kind == "Import" and not used and _FILLS_ENVIRONMENT.search(event.taint.path.lower()) is not None
        )

    def _call_concerns(self, event: Event, statement: Statement) -> bool:
        if self._could_modify(event):
            return True
        if self._sets_variables(statement):
            return True
        alone = statement.kind == "Expr" and not self._taints_visibly(statement)
        if alone and _WRITES_SETTINGS.search(event.taint.path.lower()):
            return self._slice.is_in_effect(statement) or "env" in event.taint.path.lower()
        return (alone and statement in self._slice) or self._use_concerns(event, statement)

    def _taints_visibly(self, statement: Statement) -> bool:
        """Returns whether the stub is an argument of a known call, and what that call changed is tainted."""
        value = _value(statement, statement.outer_call)
        return issubclass(type(value), dict | list) and find_taint(value) is not None

    def _could_modify(self, event: Event) -> bool:
        """Returns whether a stub was passed an object by which it could have modified the setting."""
        if event.taint.path.lower().replace("_", "").endswith("getlogger()"):  # loggers are named after the module
            return False
        modules = {namespace: sys.modules.get(namespace) for namespace in self._slice.namespaces}
        for given in event.given:
            whole = any(
                (type(given) is str and given == namespace)
                or (module is not None and (given is module or given is vars(module)))
                for namespace, module in modules.items()
            )
            if whole:
                statement = executed_statement(event.stack)
                if statement is None or not statement.any_name or self._slice.is_in_effect(statement):
                    return True
            elif given is os.environ or self._parts & set(mutable_parts(given)):
                return True
        return False

    def _star_concerns(self, event: Event, statement: Statement) -> bool:
        if event.taint.path.rpartition(".")[2] in _HARMLESS_STARS:
            self.warnings.append(messages.star_ignored(event))
            return False
        return self._slice.is_in_effect(statement)

    def _failure_concerns(self, _event: Event, statement: Statement) -> bool:
        if self._sets_variables(statement):
            return True
        if statement.is_star or statement.any_name:
            return self._slice.is_in_effect(statement)
        if statement not in self._slice:
            return False
        if statement.kind not in _BINDS_NAMES:
            return True
        # Names that it would have set are tainted by now; values that it would have changed are not.
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


def _value(statement: Statement, name: str) -> object:
    return vars(sys.modules.get(statement.namespace, sys)).get(name)


def _is_one_of(value: object, classes: list[type]) -> bool:
    return any(value is one for one in classes)
