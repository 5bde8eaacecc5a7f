"""The statements of all loaded modules, with the indirect changes by the functions that each calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django_rclone_sidecar.target_project.settings_loader.analysis import indirect_writes
from django_rclone_sidecar.target_project.settings_loader.analysis.executed_statements import (
    enclosing_statements,
    executed_statement,
)
from django_rclone_sidecar.target_project.settings_loader.analysis.statement_index import StatementIndex
from django_rclone_sidecar.target_project.settings_loader.statements import Statement
from django_rclone_sidecar.target_project.settings_loader.trace import VariableRead


class Program(StatementIndex):
    """All statements of the target, and the lookups that slicing needs."""

    def __init__(self, statements: Iterable[Statement], readings: Iterable[VariableRead] = ()) -> None:
        super().__init__(statements)
        indirect_writes.mark_indirect_writers(self)
        indirect_writes.mark_variable_setters(self)
        self.changers: dict[str, list[Statement]] = defaultdict(list)
        """Module → functions that change names when they are called."""
        self.mentioning: dict[str, list[Statement]] = defaultdict(list)
        """Name → statements that mention it."""
        for statement in self.statements:
            if statement.latent:
                self.changers[statement.namespace].append(statement)
            for word in statement.reads | statement.words | statement.defines:
                self.mentioning[word].append(statement)
        self.readers: dict[str, list[Statement]] = defaultdict(list)
        """Environment variable → statements that read it."""
        for reading in readings:
            reader = executed_statement(reading.stack) or next(enclosing_statements(reading.stack), None)
            if reader is not None:
                self.readers[reading.name].append(reader)
        self.setters = [statement for statement in self.statements if statement.variables]
        self.members = [statement for statement in self.statements if statement.in_class]
        self.any_name = [statement for statement in self.statements if statement.any_name]
        self.multi_file_modules = {n for n, body in self.of.items() if len({statement.file for statement in body}) > 1}
        """Modules whose namespace is filled by several files: the order of their statements is unknown."""
