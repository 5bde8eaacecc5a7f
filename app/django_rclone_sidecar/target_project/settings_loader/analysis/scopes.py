"""Tracks which names in a statement are local to a function, class or comprehension in it."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Iterable

from django_rclone_sidecar.target_project.settings_loader.analysis.expressions import is_name, local_names

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Scopes(ast.NodeVisitor):
    """A visitor that knows the local names at each node."""

    def __init__(self) -> None:
        self._locals: list[set[str]] = []
        self._latent = False
        """Whether the node is inside a function: its code runs when the function is called."""
        self._in_class = False
        self._bound: set[str] = set()
        """Names that the statement assigns before it reads them."""

    @abstractmethod
    def _define(self, name: str) -> None:
        """Called for each name that is assigned."""

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._define(node.name)
        for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
            if part is not None:
                self.visit(part)
        latent, self._latent = self._latent, True
        self._scope(node, node.body, node.args)
        self._latent = latent

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the name is ast's

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._scope(node, [node.body], node.args)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._define(node.name)
        in_class, self._in_class = self._in_class, True
        self._scope(node, [*node.decorator_list, *node.bases, *node.body], None)
        self._in_class = in_class

    def visit_Global(self, node: ast.Global) -> None:
        for scope in self._locals:
            scope.difference_update(node.names)

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, _COMPREHENSIONS):
            targets = {name.id for comp in node.generators for name in ast.walk(comp.target) if is_name(name)}
            self._locals.append(targets)
            super().generic_visit(node)
            self._locals.pop()
        else:
            super().generic_visit(node)

    def _within(self, names: set[str], body: Iterable[ast.AST]) -> None:
        bound, self._bound = self._bound, self._bound | names
        for part in body:
            self.visit(part)
        self._bound = bound

    def _scope(self, node: ast.AST, body: Iterable[ast.AST], args: ast.arguments | None) -> None:
        names = local_names(body)
        if args is not None:
            names |= {arg.arg for arg in ast.walk(args) if isinstance(arg, ast.arg)}
        declared = {n for part in ast.walk(node) if isinstance(part, ast.Global) for n in part.names}
        self._locals.append(names - declared)
        for part in body:
            self.visit(part)
        self._locals.pop()

    def _is_local(self, name: str) -> bool:
        return any(name in scope for scope in self._locals)
