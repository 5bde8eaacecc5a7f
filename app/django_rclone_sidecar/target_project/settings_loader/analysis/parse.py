"""Parses a module into its statements, each with the names that it reads, defines and changes."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from django_rclone_sidecar.target_project.settings_loader.analysis.statement_reader import StatementReader
from django_rclone_sidecar.target_project.settings_loader.statements import Statement


def parse_module(tree: ast.Module, file: str, namespace: str, first_index: int) -> list[Statement]:
    """Returns the statements of a module in source order, and sets each node's ``trace_index``."""
    found: list[Statement] = []

    def walk(body: Iterable[ast.stmt], parent: Statement | None, in_class: bool) -> None:
        for node in body:
            decorators: list[ast.expr] = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
            last = node.end_lineno or node.lineno
            index = first_index + len(found)
            statement = Statement(index, namespace, file, first, last, type(node).__name__, parent, in_class=in_class)
            node.trace_index = index  # type: ignore[attr-defined]
            found.append(statement)
            reader = StatementReader(statement)
            if isinstance(node, ast.If):
                reader.visit(node.test)
                walk(node.body, statement, in_class)
                walk(node.orelse, statement, in_class)
            elif isinstance(node, ast.ClassDef):
                statement.defines.add(node.name)
                for part in (*node.decorator_list, *node.bases, *node.keywords):
                    reader.visit(part)
                walk(node.body, statement, True)
            else:
                reader.visit(node)
            reader.finish()

    walk(tree.body, None, False)
    return found
