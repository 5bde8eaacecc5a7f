"""Reads a statement: a visitor that collects the names that it reads, defines and changes."""

from __future__ import annotations

import ast

from django_rclone_sidecar.target_project.settings_loader.analysis import known_calls
from django_rclone_sidecar.target_project.settings_loader.analysis.expressions import (
    contained_names,
    dotted,
    is_name,
    is_written,
    passed_names,
    root,
)
from django_rclone_sidecar.target_project.settings_loader.analysis.scopes import Scopes
from django_rclone_sidecar.target_project.settings_loader.statements import Statement


class StatementReader(Scopes, ast.NodeVisitor):
    """Fills in a ``Statement``. Call ``visit`` for each node, then ``finish``."""

    def __init__(self, statement: Statement) -> None:
        super().__init__()
        self._statement = statement
        self._dict_values: set[int] = set()

    def finish(self) -> None:
        """Adds effects that follow only from a combination of names."""
        names = self._statement.words | self._statement.reads
        frames = names & known_calls.FRAMES and names & known_calls.DYNAMIC_ATTRIBUTES
        modules = names & known_calls.MODULES and (self._statement.any_name or "*" in self._statement.latent)
        if frames or modules:
            self._latent = self._statement.kind in known_calls.FUNCTIONS
            self._any_module()

    # Names

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            if node.id in self._bound or (self._is_local(node.id) and not self._in_class):
                return
            self._statement.reads.add(node.id)
            if id(node) not in self._dict_values:
                self._statement.uses.add(node.id)
            if node.id in known_calls.CROSS_MODULE_ACCESS and node.id != "modules":
                self._any_module()
        elif not self._is_local(node.id):
            self._define(node.id)
            if isinstance(node.ctx, ast.Del):
                self._touch(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._statement.words.add(node.attr)
        if dotted(node) in known_calls.INTERPRETER_PATHS:
            self._statement.words.add(dotted(node))
        if node.attr in known_calls.CROSS_MODULE_ACCESS and (
            node.attr != "modules" or dotted(node.value).endswith("sys")
        ):
            self._any_module()
        elif node.attr == "__dict__" and dotted(node.value) not in ("self", "cls"):
            self._any_name()
        if not isinstance(node.ctx, ast.Load):
            self._change(node)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        looks = all(isinstance(operator, ast.In | ast.NotIn) for operator in node.ops)
        for part in (node.left, *node.comparators):
            if not (looks and dotted(part).endswith("sys.modules")):
                self.visit(part)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if dotted(node.value).endswith("sys.modules") and known_calls.names_module_without_settings(node.slice):
            return
        if not isinstance(node.ctx, ast.Load):
            self._change(node)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._change(node.target)
        self._statement.reads.update(name.id for name in ast.walk(node.target) if isinstance(name, ast.Name))
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        self._dict_values |= {id(value) for value in node.values if isinstance(value, ast.Name)}
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and node.value.isidentifier():
            self._statement.words.add(node.value)
            if node.value in known_calls.CROSS_MODULE_ACCESS and node.value != "modules":
                self._any_module()

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        # The name is deleted after the handler.
        self._within({node.name} if node.name else set(), [*([node.type] if node.type else []), *node.body])

    def visit_With(self, node: ast.With) -> None:
        names = set()
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self.visit(item.optional_vars)
                names |= {part.id for part in ast.walk(item.optional_vars) if is_written(part) and is_name(part)}
        self._within(names, node.body)

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        targets = list(ast.walk(node.target))
        plain = all(isinstance(part, ast.Name | ast.Tuple | ast.expr_context) for part in targets)
        self.visit(node.target)
        self._within({part.id for part in targets if is_name(part)} if plain else set(), node.body)
        for part in node.orelse:
            self.visit(part)
        if self._statement.touches or self._statement.args or self._statement.any_name:
            # The loop may change items of what it iterates over.
            self._statement.iterates |= {name.id for name in ast.walk(node.iter) if is_name(name)}
            self._statement.changed_attributes |= {
                (part.attr, dotted(part.value)) for part in ast.walk(node.iter) if isinstance(part, ast.Attribute)
            }

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            self._define(bound)
            self._statement.imports.append((alias.name if alias.asname else bound, 0, "", bound))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            bound = alias.asname or alias.name
            if alias.name != "*":
                self._define(bound)
            self._statement.imports.append((node.module or "", node.level, alias.name, bound))

    # Calls

    def visit_Call(self, node: ast.Call) -> None:
        called = dotted(node.func)
        last = called.rpartition(".")[2]
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if "sys.modules." in called and node.args and known_calls.names_module_without_settings(node.args[0]):
            for part in given[1:]:
                self.visit(part)
            return
        if isinstance(node.func, ast.Attribute) and last in known_calls.MUTATORS:
            self._change(node.func.value, node.args[0] if node.args and last in ("setdefault", "pop") else None)
        if called in ("setattr", "delattr") and given and dotted(given[0]) in ("self", "cls"):
            pass_on = given[1:]
        else:
            pass_on = given
            if called in known_calls.NAMESPACE_CALLS:
                self._any_name()
                self._statement.keeps_namespace = True
            elif last not in known_calls.QUERIES and any(dotted(arg) == "__name__" for arg in given):
                self._any_name()
        if any(word in called.lower() for word in known_calls.ENVIRONMENT_LOADERS):
            self._statement.environment = True
        if last not in known_calls.PURE:
            for arg in pass_on:
                self._pass_argument(arg)
        self.generic_visit(node)

    def _pass_argument(self, arg: ast.expr) -> None:
        if isinstance(arg, ast.Attribute | ast.Name) and _is_environment(dotted(arg)):
            self._statement.environment = True
        self._statement.args |= {name for name in contained_names(arg) if not self._is_local(name)}
        self._statement.given |= {name for name in passed_names(arg) if not self._is_local(name.partition(".")[0])}

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call) and not self._locals:
            self._statement.args.add(root(node.value.func))  # the result is unused, so it is called for its effect
            if self._statement.kind == "Expr":
                self._statement.outer_call = root(node.value.func)
        self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        super().generic_visit(node)
        if isinstance(node, known_calls.LOOPS) and (
            self._statement.touches or self._statement.args or self._statement.any_name
        ):
            self._statement.touches |= {name.id for name in ast.walk(getattr(node, "iter", node)) if is_name(name)}
        if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            self._define(node.name)

    # Results

    def _define(self, name: str) -> None:
        if self._is_local(name):
            return
        if self._latent and self._locals:
            self._statement.latent.add(name)
        else:
            self._statement.defines.add(name)

    def _touch(self, name: str) -> None:
        (self._statement.latent if self._latent and self._locals else self._statement.touches).add(name)

    def _any_name(self) -> None:
        if self._latent:
            self._statement.latent.add("*")
        else:
            self._statement.any_name = True

    def _any_module(self) -> None:
        self._any_name()
        if self._latent:
            self._statement.latent.add("**")
        else:
            self._statement.any_module = self._statement.keeps_namespace = True

    def _change(self, target: ast.expr, key: ast.expr | None = None) -> None:
        """Adds a change in place to a part of ``target``: the item ``key``, if it is known."""
        name = root(target)
        chain = dotted(target)
        if _is_environment(chain):
            key = target.slice if isinstance(target, ast.Subscript) else key
            if isinstance(key, ast.Constant):
                self._statement.variables.add(str(key.value))
                return
            self._statement.environment = True
        self._statement.changed_attributes |= {
            (part.attr, dotted(part.value)) for part in ast.walk(target) if isinstance(part, ast.Attribute)
        }
        if name in ("globals", "locals", "vars"):
            self._any_name()
        elif name and not self._is_local(name):
            self._touch(name)
        elif self._latent:  # a local name may refer to a part of a value that the function reads
            self._statement.latent.add("?")


def _is_environment(chain: str) -> bool:
    return not {"environ", "environb", "ENVIRON"}.isdisjoint(chain.split("."))
