"""Compiles modules of the target so that each statement may fail alone.

A settings module sets hundreds of things of which we need five. What fails for want of a package, a key or a folder
must not keep us from the rest; and what it would have set must not look as though it were known.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import MutableMapping
from types import CodeType
from typing import Any

from django_rclone_sidecar.target_project.settings_loader import failure_reasons
from django_rclone_sidecar.target_project.settings_loader.analysis import parse
from django_rclone_sidecar.target_project.settings_loader.statements import Statement
from django_rclone_sidecar.target_project.settings_loader.trace import RECORD, Event, Origin, Place
from django_rclone_sidecar.target_project.settings_loader.unknowns import environment_variables
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import StandIn, Unknown, origin_of
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub_module import StandInModule

_FAILED, _FAILURES = "__standin_failed__", "__standin_failures__"
_IS, _LOOK, _NUMBER = "__standin_is__", "__standin_look__", "__standin_number__"
_NUMBERS = frozenset(["int", "float"])
# They tell things about a value without asking the value.
_LOOKS = frozenset(["hasattr", "callable", "type", "id", "vars", "dir"])


def install() -> None:
    """Puts what the compiled code calls where every module finds it."""
    vars(builtins).update(
        {_FAILED: _failed, _FAILURES: (Exception, SystemExit), _IS: _is_same, _LOOK: _look, _NUMBER: _number},
    )


def compile_tolerantly(source: bytes | str, file: str, namespace: str) -> CodeType:
    """Returns the code of a module. Raises SyntaxError as ``compile`` does."""
    tree = ast.parse(source, file)
    RECORD.add(parse.analyse(tree, file, namespace, len(RECORD.statements)), file, namespace)
    tree.body = _tolerant(tree.body)
    tree = ast.fix_missing_locations(_Watched().visit(tree))
    return builtins.compile(tree, file, "exec", dont_inherit=True)


def _tolerant(body: list[ast.stmt]) -> list[ast.stmt]:
    first = 0
    while first < len(body) and _must_stay(body[first], first):
        first += 1
    return body[:first] + [_alone(statement) for statement in body[first:]]


def _must_stay(statement: ast.stmt, position: int) -> bool:
    docstring = position == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return docstring or (isinstance(statement, ast.ImportFrom) and statement.module == "__future__")


def _alone(statement: ast.stmt) -> ast.stmt:
    if isinstance(statement, ast.If | ast.ClassDef):
        statement.body = _tolerant(statement.body)
    if isinstance(statement, ast.If):
        statement.orelse = _tolerant(statement.orelse)
    index: int = statement.standin_index  # type: ignore[attr-defined]
    report = ast.Expr(_call(_FAILED, ast.Constant(index), _call("locals")))
    handler = ast.ExceptHandler(ast.Name(_FAILURES, ast.Load()), None, [report])
    return ast.copy_location(ast.Try([statement], [handler], [], []), statement)


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])


class _Watched(ast.NodeTransformer):
    """Replaces the operators and built-in functions that a stand-in would not notice."""

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Is | ast.IsNot):
            return node
        negated = ast.Constant(isinstance(node.ops[0], ast.IsNot))
        return ast.copy_location(_call(_IS, node.left, node.comparators[0], negated), node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in _NUMBERS and len(node.args) == 1 and not node.keywords:
            return ast.copy_location(_call(_NUMBER, node.func, node.args[0]), node)
        if isinstance(node.func, ast.Name) and node.func.id in _LOOKS and node.args:
            node.args[0] = ast.copy_location(_call(_LOOK, node.args[0]), node.args[0])
        return node


def _is_same(left: object, right: object, negated: bool) -> bool:
    for side in (left, right):
        if type(side) is StandIn:
            RECORD.note("decision", side._standin_origin)
            return ((left is right) != RECORD.other_way) != negated
    return (left is right) != negated


def _look(value: object) -> object:
    if type(value) is StandIn or type(value) is StandInModule:
        RECORD.note("decision", value._standin_origin)
    return value


def _number(kind: Any, value: object) -> object:
    """Makes a number; of what is not known, something that is not known."""
    if type(value) is StandIn and kind in (int, float):
        origin = value._standin_origin
        RECORD.note("use", origin)
        return StandIn(origin.longer(f" as {kind.__name__}"))
    return kind(value)


def _failed(index: int, namespace: MutableMapping[str, Any]) -> None:
    """Goes on after a statement that failed: all that it would have set becomes a stand-in with the reason."""
    statement = RECORD.statements[index]
    error = sys.exception()
    if error is None or statement.kind == "Raise" or _only_exits(statement, error):
        return
    place = Place(statement.file, _line(error, statement), "<module>", statement.namespace)
    origin = blamed(error, place) or Origin("", "", place, failure_reasons.why(error, RECORD.short))
    RECORD.events.append(Event("failed", origin, (Place(*_at(statement)),), RECORD.setting))
    within = [s for s in RECORD.statements if s is statement or _is_inside(s, statement)]
    for name in sorted({name for inner in within for name in inner.defines}):
        namespace[name] = StandIn(origin)
    for inner in within:
        environment_variables.mark_unknown(sorted(inner.variables), origin, set_ones=inner.kind != "Expr")


def blamed(error: BaseException, place: Place) -> Origin | None:
    """Returns the unknown that made something fail, where that is to blame and not the target's code."""
    if isinstance(error, Unknown):
        return error.origin
    if (origin := origin_of(str(error))) is not None:
        return origin
    if "StandIn" not in str(error):
        return None
    met = [event.origin for event in RECORD.events if any(here.file == place.file for here in event.places)]
    return met[-1] if met else Origin("something", "", place, "handles something that is not known here")


def _at(statement: Statement) -> tuple[str, int, str, str]:
    return statement.file, statement.first, "<module>", statement.namespace


def _is_inside(statement: Statement, outer: Statement) -> bool:
    parent = statement.parent
    while parent is not None and parent is not outer:
        parent = parent.parent
    return parent is outer and outer.kind == "If"


def _only_exits(statement: Statement, error: BaseException) -> bool:
    return isinstance(error, SystemExit) and statement.kind == "Expr" and bool({"exit", "quit"} & _named(statement))


def _named(statement: Statement) -> set[str]:
    return statement.words | statement.reads


def _line(error: BaseException, statement: Statement) -> int:
    """Returns the line of the statement's own file at which it failed."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == statement.file:
            return trace.tb_lineno or statement.first
        trace = trace.tb_next
    return statement.first
