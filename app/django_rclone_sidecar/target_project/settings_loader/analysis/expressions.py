"""Helpers that collect the names in an expression."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TypeGuard


def is_name(node: ast.AST) -> TypeGuard[ast.Name]:
    """Returns whether a node is a name."""
    return isinstance(node, ast.Name)


def is_written(node: ast.AST) -> bool:
    """Returns whether a node assigns or deletes a name."""
    return isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)


def root(node: ast.AST) -> str:
    """Returns the first name of a chain: ``a`` of ``a.b["c"].d()``."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def dotted(node: ast.AST) -> str:
    """Returns ``a.b.d`` for ``a.b["c"].d``."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Subscript | ast.Starred):
        return dotted(node.value)
    return node.id if isinstance(node, ast.Name) else ""


def contained_names(node: ast.AST) -> set[str]:
    """Returns the names whose values an argument contains. Calls in it are left out: they are visited separately."""
    if isinstance(node, ast.Call):
        return set()
    found = {node.id} if isinstance(node, ast.Name) else set()
    for child in ast.iter_child_nodes(node):
        found |= contained_names(child)
    return found


def passed_names(node: ast.AST) -> set[str]:
    """Returns the names that an argument passes unchanged: ``a`` and ``b.c`` of ``[a, b.c, d()]``."""
    if isinstance(node, ast.Attribute | ast.Name):
        return {dotted(node)}
    if isinstance(node, ast.Call | ast.Subscript):
        return set()
    return {name for child in ast.iter_child_nodes(node) for name in passed_names(child)}


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def local_names(body: Iterable[ast.AST]) -> set[str]:
    """Returns the names that a function's body assigns. Nested scopes have their own names."""
    found: set[str] = set()
    nodes = list(body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Name) and is_written(node):
            found.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
        if isinstance(node, _SCOPES):
            found.add(getattr(node, "name", ""))
        else:
            nodes += ast.iter_child_nodes(node)
    return found
