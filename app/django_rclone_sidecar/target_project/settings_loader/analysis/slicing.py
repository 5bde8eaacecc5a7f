"""Backward slice: the statements of the target that a setting's value may depend on.

The slice is computed over (module, name) in all loaded modules and follows their imports. Statements whose effect
cannot be determined are included.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from django_rclone_sidecar.target_project.settings_loader.analysis.program import Program
from django_rclone_sidecar.target_project.settings_loader.analysis.statement_index import resolved
from django_rclone_sidecar.target_project.settings_loader.statements import Statement

_UNCHANGEABLE = (
    *(str, bytes, int, float, complex, bool, type(None), tuple, frozenset),
    *(PurePath, type, ModuleType, FunctionType, BuiltinFunctionType),
)
_MISSING = object()


class Slice:
    """The statements that ``setting`` of the module ``namespace`` may depend on."""

    def __init__(self, program: Program, namespace: str, setting: str, value: object, start: str = "") -> None:
        """``start`` is the name of the settings class if the setting is an attribute of one."""
        self.words: set[str] = {setting}
        self._program = program
        self._included: set[int] = set()
        self._names: dict[tuple[str, str], None] = {}
        self._name(namespace, start or setting)
        parts = set(mutable_parts(value))
        for module in program.of:
            for name, other in list(vars(sys.modules.get(module, sys)).items()):
                if issubclass(type(other), dict | list) and parts and parts & set(mutable_parts(other)):
                    self._name(module, name)  # an alias of a part of the value
        self._grow()

    def __contains__(self, statement: Statement) -> bool:
        return statement.index in self._included

    @property
    def namespaces(self) -> set[str]:
        """The modules with names in the slice."""
        return {namespace for namespace, _name in self._names}

    def has(self, namespace: str, name: str) -> bool:
        """Returns whether a name is in the slice."""
        return (namespace, name) in self._names

    def is_in_effect(self, statement: Statement) -> bool:
        """Returns whether names that ``statement`` may have set without mentioning them are still in effect."""
        for namespace, name in self._names:
            near = namespace == statement.namespace
            if name.isupper() and (
                (near and not self._is_overridden(statement, name)) or (not near and statement.any_module)
            ):
                return True
        return False

    def _grow(self) -> None:
        before = (-1, -1, -1)
        while (now := (len(self._names), len(self._included), len(self.words))) != before:
            before = now
            for namespace, name in list(self._names):
                self._follow(namespace, name)
            for statement in self._program.members:
                if statement not in self and self._is_requested_member(statement):
                    self._include(statement)
            for statement in self._program.setters:
                if any(reader in self for name in statement.variables for reader in self._program.readers[name]):
                    self._include(statement)

    def _follow(self, namespace: str, name: str) -> None:
        program, value = self._program, vars(sys.modules.get(namespace, sys)).get(name, _MISSING)
        if value is _MISSING and hasattr(builtins, name):
            if not program.naming_defines(namespace, name):
                return  # an unchanged built-in
            value = getattr(builtins, name)
        for statement in (*program.naming[namespace, name], *program.stars[namespace]):
            if statement not in self and self._sets(statement, name, value):
                self._include(statement)
        functions = [s for s in program.changers[namespace] if _changes_when_called(s, name, value)]
        for called in {function for s in functions for function in s.defines}:
            for statement in program.mentioning[called]:
                self._include(statement)
        for statement, owner in program.changing[name]:
            if statement.namespace != namespace and not program.is_another_module(statement, owner, namespace):
                self._include(statement)
        for statement in program.any_name if name.isupper() else ():
            near = statement.namespace == namespace
            if statement not in self and not (near and self._is_overridden(statement, name)):
                self._include(statement)
        self._follow_imports(namespace, name, value)

    def _follow_imports(self, namespace: str, name: str, value: object) -> None:
        program = self._program
        for source, original in program.sources[namespace, name]:
            self._name(source, original)
        for statement in program.stars[namespace]:
            if self._sets(statement, name, None):
                for source in _star_sources(statement):
                    self._name(source, name)
        if not issubclass(type(value), _UNCHANGEABLE):
            for module, bound in program.importers[namespace, name]:
                self._name(module, bound)  # the importing module can change it
        if type(value) is ModuleType and value.__name__ in program.of:
            self._follow_module(namespace, name, value)

    def _follow_module(self, namespace: str, name: str, module: ModuleType) -> None:
        """Adds the names of ``module`` that are used; ``name`` refers to it."""
        known = {n for statement in self._program.of[module.__name__] for n in statement.defines | statement.touches}
        for statement in self._program.of[namespace]:
            if statement in self and name in statement.reads:
                used = statement.words & known
                for word in used or {n for n in known if n.isupper()}:
                    self._name(module.__name__, word)

    def _sets(self, statement: Statement, name: str, value: object) -> bool:
        if statement.in_class:
            found = name in statement.touches
        else:
            found = name in statement.defines or name in statement.touches
        found = found or (name in statement.args | statement.iterates and not issubclass(type(value), _UNCHANGEABLE))
        if not found and statement.is_star:
            # A module that does not set the name here may set it after other decisions.
            found = statement.parent is not None or any(
                self._may_have(source, name) for source in _star_sources(statement)
            )
        return found and not self._is_overridden(statement, name)

    def _may_have(self, source: str, name: str) -> bool:
        """Returns whether a module has a name or may have it."""
        module = sys.modules.get(source)
        if source not in self._program.of or module is None or name in vars(module):
            return True
        return bool(self._program.stars[source]) or any(s.any_name for s in self._program.of[source])

    def _is_overridden(self, statement: Statement, name: str) -> bool:
        """Returns whether the name is certainly reassigned later, before the slice reads it."""
        if statement.namespace in self._program.multi_file_modules:
            return False
        last = next((s for s in reversed(self._program.of[statement.namespace]) if _reassigns(s, name)), None)
        if last is None or statement.index >= last.index:
            return False
        between = (s for s in self._program.of[statement.namespace] if s.index < last.index and s in self)
        return not any(name in s.reads for s in between)

    def _is_requested_member(self, statement: Statement) -> bool:
        """Returns whether a statement in a class body sets an attribute that the slice mentions."""
        owner = statement.parent
        while owner is not None and owner.kind != "ClassDef":
            owner = owner.parent
        if owner is None or owner not in self:
            return False
        mentioned = self.words | {n for n in statement.defines if n.startswith("__")}
        return not statement.defines or bool(statement.defines & mentioned)

    def _name(self, namespace: str, name: str) -> None:
        if namespace in self._program.of:
            self._names[namespace, name] = None

    def _include(self, statement: Statement) -> None:
        if statement in self:
            return
        self._included.add(statement.index)
        self.words |= statement.words | statement.reads
        for name in statement.reads:
            self._name(statement.namespace, name)
        if statement.parent is not None:
            self._include(statement.parent)


def _changes_when_called(function: Statement, name: str, value: object) -> bool:
    latent = function.latent
    if name in latent or ("*" in latent and name.isupper()):
        return True
    return "?" in latent and name in function.reads and issubclass(type(value), dict | list)


def _star_sources(statement: Statement) -> list[str]:
    """Returns the modules from which a statement imports all names."""
    return [resolved(m, level, statement.namespace) for m, level, name, _ in statement.imports if name == "*"]


def mutable_parts(value: Any, depth: int = 5) -> Iterator[int]:
    """Yields the identities of all dictionaries and lists in a value."""
    # Not isinstance: a stub would trace it.
    if issubclass(type(value), dict | list) and depth:
        yield id(value)
        for part in value.values() if hasattr(value, "values") else value:
            yield from mutable_parts(part, depth - 1)


def _reassigns(statement: Statement, name: str) -> bool:
    plain = statement.kind in ("Assign", "AnnAssign") and statement.parent is None
    return plain and statement.defines == {name} and name not in statement.reads
