"""All statements that were loaded, found by what they name."""

from __future__ import annotations

import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterable

from django_rclone_sidecar.target import writers
from django_rclone_sidecar.target.statements import Statement


class Program:
    """The statements of all modules of the target, with the imports between them."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self.statements = list(statements)
        self.of: dict[str, list[Statement]] = defaultdict(list)
        """By module."""
        self.naming: dict[tuple[str, str], list[Statement]] = defaultdict(list)
        """By module and a name that is defined, changed or handed on."""
        self.stars: dict[str, list[Statement]] = defaultdict(list)
        """By module, what imports all of another."""
        self.changing: dict[str, list[Statement]] = defaultdict(list)
        """By the name of an attribute that is changed."""
        self.sources: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        """By module and name, the module and name that it is imported from."""
        self.importers: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        """The other way round."""
        for statement in self.statements:
            self._add(statement)
        writers.mark(self, resolved)
        self.any_name = [statement for statement in self.statements if statement.any_name]
        self.several = {n for n, body in self.of.items() if len({statement.file for statement in body}) > 1}
        """Modules that several files have a part in: there the order is not known."""

    def _add(self, statement: Statement) -> None:
        here = statement.namespace
        self.of[here].append(statement)
        for name in statement.defines | statement.touches | statement.args:
            self.naming[here, name].append(statement)
        for attribute in statement.changed_attributes:
            self.changing[attribute].append(statement)
        if statement.is_star:
            self.stars[here].append(statement)
        for module, level, original, bound in statement.imports:
            source = resolved(module, level, here)
            if original not in ("", "*"):
                self.sources[here, bound].append((source, original))
                self.importers[source, original].append((here, bound))


def resolved(module: str, level: int, namespace: str) -> str:
    """Returns the full name of a module that is imported in ``namespace``."""
    if not level:
        return module
    package = getattr(sys.modules.get(namespace), "__package__", None) or namespace.rpartition(".")[0]
    try:
        return importlib.util.resolve_name("." * level + module, package)
    except ImportError:
        return module
