"""Finds the lines of a file that are in a ``try``, and whether it handles a failed import."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_EXITS = {"exit", "quit", "_exit", "abort"}


@dataclass(frozen=True, slots=True)
class Span:
    """The body of a ``try`` or a ``with suppress``."""

    first: int
    last: int
    function: tuple[int, int]
    """First and last line of the innermost enclosing function."""
    handles_import_error: bool


def statement_at(file: str, line: int) -> ast.stmt | None:
    """Returns the innermost statement on a line."""
    found = [node for node in ast.walk(_tree(file)) if isinstance(node, ast.stmt)]
    around = [node for node in found if node.lineno <= line <= (node.end_lineno or node.lineno)]
    return min(around, key=lambda node: ((node.end_lineno or node.lineno) - node.lineno, -node.lineno), default=None)


def in_try(file: str, line: int) -> bool:
    """Returns whether an exception on this line is handled in the same function."""
    return bool(_enclosing_spans(file, line))


def is_guarded(file: str, line: int) -> bool:
    """Returns whether the code handles a failed import on this line and goes on."""
    return any(span.handles_import_error for span in _enclosing_spans(file, line))


def _enclosing_spans(file: str, line: int) -> list[Span]:
    spans, functions = _spans(file)
    innermost = max((f for f in functions if f[0] <= line <= f[1]), default=(0, 0))
    return [span for span in spans if span.first <= line <= span.last and span.function == innermost]


@cache
def _tree(file: str) -> ast.Module:
    try:
        return ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])


@cache
def _spans(file: str) -> tuple[list[Span], list[tuple[int, int]]]:
    spans: list[Span] = []
    functions: list[tuple[int, int]] = []

    def walk(node: ast.AST, function: tuple[int, int]) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = (node.lineno, node.end_lineno or node.lineno)
            functions.append(function)
        if isinstance(node, ast.Try | ast.TryStar) and node.handlers:
            handled = any(_handles_import_error(handler) for handler in node.handlers)
            spans.append(_span(node.body, function, handled))
        if isinstance(node, ast.With) and any("suppress" in ast.unparse(item.context_expr) for item in node.items):
            names = {name.id for item in node.items for name in ast.walk(item) if isinstance(name, ast.Name)}
            spans.append(_span(node.body, function, bool(names & _CAUGHT)))
        for child in ast.iter_child_nodes(node):
            walk(child, function)

    walk(_tree(file), (0, 0))
    return spans, functions


def _span(body: list[ast.stmt], function: tuple[int, int], handled: bool) -> Span:
    return Span(body[0].lineno, body[-1].end_lineno or body[-1].lineno, function, handled)


def _handles_import_error(handler: ast.ExceptHandler) -> bool:
    caught = [handler.type] if handler.type is not None else []
    if caught and isinstance(caught[0], ast.Tuple):
        caught = list(caught[0].elts)
    fits = not caught or any(ast.unparse(kind).rpartition(".")[2] in _CAUGHT for kind in caught)
    return fits and not _raises_or_exits(handler.body[-1])


def _raises_or_exits(statement: ast.stmt) -> bool:
    """Returns whether the statement raises or exits: then the import is required after all."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return ast.unparse(statement.value.func).rpartition(".")[2] in _EXITS
    return isinstance(statement, ast.Raise)
