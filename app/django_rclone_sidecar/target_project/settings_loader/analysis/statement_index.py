"""Index of all loaded statements by the names that they mention."""

from __future__ import annotations

import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterable
from types import ModuleType

from django_rclone_sidecar.target_project.settings_loader.statements import Statement


class StatementIndex:
    """The statements of all modules of the target, with the imports between them."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self.statements = list(statements)
        self.of: dict[str, list[Statement]] = defaultdict(list)
        """Module → its statements."""
        self.naming: dict[tuple[str, str], list[Statement]] = defaultdict(list)
        """Module and name → statements that define, change or pass it."""
        self.stars: dict[str, list[Statement]] = defaultdict(list)
        """Module → its star imports."""
        self.changing: dict[str, list[tuple[Statement, str]]] = defaultdict(list)
        """Attribute → statements that change it, with its owner."""
        self.sources: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        """Module and name → the module and name that it is imported from."""
        self.importers: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        """The reverse: module and name → the modules and names that import it."""
        for statement in self.statements:
            self._add(statement)

    def _add(self, statement: Statement) -> None:
        here = statement.namespace
        self.of[here].append(statement)
        for name in statement.defines | statement.touches | statement.args | statement.iterates:
            self.naming[here, name].append(statement)
        for attribute, owner in statement.changed_attributes:
            self.changing[attribute].append((statement, owner))
        if statement.is_star:
            self.stars[here].append(statement)
        for module, level, original, bound in statement.imports:
            source = resolved(module, level, here)
            if original not in ("", "*"):
                self.sources[here, bound].append((source, original))
                self.importers[source, original].append((here, bound))

    def naming_defines(self, namespace: str, name: str) -> bool:
        """Returns whether a statement of a module assigns a name."""
        return any(name in statement.defines for statement in self.naming[namespace, name]) or bool(
            self.stars[namespace]
        )

    def is_another_module(self, statement: Statement, owner: str, namespace: str) -> bool:
        """Returns whether ``owner``, as named in the statement, is certainly a module other than ``namespace``:
        ``os.environ`` is not the ``environ`` that a settings module imports."""
        first, *rest = owner.split(".")
        local = next((module for module, _level, name, bound in statement.imports if bound == first and not name), "")
        value: object = sys.modules.get(local) or vars(sys.modules.get(statement.namespace, sys)).get(first)
        for name in rest:
            value = vars(value).get(name) if type(value) is ModuleType else None
        return type(value) is ModuleType and value.__name__ != namespace


def resolved(module: str, level: int, namespace: str) -> str:
    """Returns the full name of a module that is imported in ``namespace``."""
    if not level:
        return module
    package = getattr(sys.modules.get(namespace), "__package__", None) or namespace.rpartition(".")[0]
    try:
        return importlib.util.resolve_name("." * level + module, package)
    except ImportError:
        return module
