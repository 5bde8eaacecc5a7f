"""The statements of all modules, with what each may change through the functions that it calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django_rclone_sidecar.target_project.settings_loader.analysis import indirect_writes
from django_rclone_sidecar.target_project.settings_loader.analysis.executing_statements import (
    functions_at,
    statement_of,
)
from django_rclone_sidecar.target_project.settings_loader.analysis.statement_index import StatementIndex
from django_rclone_sidecar.target_project.settings_loader.statements import Statement
from django_rclone_sidecar.target_project.settings_loader.trace import Reading


class Program(StatementIndex):
    """The statements of all modules of the target, with the imports between them."""

    def __init__(self, statements: Iterable[Statement], readings: Iterable[Reading] = ()) -> None:
        super().__init__(statements)
        indirect_writes.mark(self)
        indirect_writes.mark_setters(self)
        self.changers: dict[str, list[Statement]] = defaultdict(list)
        """By module, the functions that change names when they are called."""
        self.mentioning: dict[str, list[Statement]] = defaultdict(list)
        """By any word."""
        for statement in self.statements:
            if statement.latent:
                self.changers[statement.namespace].append(statement)
            for word in statement.reads | statement.words | statement.defines:
                self.mentioning[word].append(statement)
        self.readers: dict[str, list[Statement]] = defaultdict(list)
        """By environment variable."""
        for reading in readings:
            reader = statement_of(reading.places) or next(functions_at(reading.places), None)
            if reader is not None:
                self.readers[reading.name].append(reader)
        self.setters = [statement for statement in self.statements if statement.variables]
        self.members = [statement for statement in self.statements if statement.in_class]
        self.any_name = [statement for statement in self.statements if statement.any_name]
        self.several = {n for n, body in self.of.items() if len({statement.file for statement in body}) > 1}
        """Modules that several files have a part in: there the order is not known."""
