"""Compiles modules of the target so that each statement may fail alone.

A settings module sets hundreds of names, of which the sidecar needs six. A statement that fails because a package, a
key or a folder is missing must not stop the others; the names that it would have set become stubs.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import MutableMapping
from types import CodeType
from typing import Any

from django_rclone_sidecar.target_project.settings_loader import failure_reasons
from django_rclone_sidecar.target_project.settings_loader.analysis import parse
from django_rclone_sidecar.target_project.settings_loader.statements import Statement
from django_rclone_sidecar.target_project.settings_loader.trace import TRACE, Event, Location, Taint
from django_rclone_sidecar.target_project.settings_loader.unknowns import environment_variables
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import Stub, UnknownValue, taint_of
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub_module import StubModule

# Names that the compiled code uses; ``install`` adds them to the built-in functions.
_FAILED, _FAILURES = "__stub_failed__", "__stub_failures__"
_IS, _INSPECT, _NUMBER = "__stub_is__", "__stub_inspect__", "__stub_number__"
_NUMBERS = frozenset(["int", "float"])
# They inspect a value without calling its methods, so a stub would not notice.
_INSPECTIONS = frozenset(["hasattr", "callable", "type", "id", "vars", "dir"])


# Python's own messages: "'Stub' object does not support the asynchronous context manager protocol".
_MENTIONS_STUB = re.compile(r"\bStub(?:Module|Base)?\b")


def install() -> None:
    """Adds the functions that compiled code calls to the built-in functions."""
    vars(builtins).update(
        {
            _FAILED: _statement_failed,
            _FAILURES: (Exception, SystemExit),
            _IS: _traced_is,
            _INSPECT: _traced_inspection,
            _NUMBER: _traced_number,
        },
    )


def compile_module(source: bytes | str, file: str, namespace: str) -> CodeType:
    """Returns the code of a module. Raises SyntaxError as ``compile`` does."""
    tree = ast.parse(source, file)
    TRACE.add(parse.parse_module(tree, file, namespace, len(TRACE.statements)), file, namespace)
    tree.body = _wrap_body(tree.body)
    tree = ast.fix_missing_locations(_Instrumentation().visit(tree))
    return builtins.compile(tree, file, "exec", dont_inherit=True)


def _wrap_body(body: list[ast.stmt]) -> list[ast.stmt]:
    first = 0
    while first < len(body) and _must_stay_first(body[first], first):
        first += 1
    return body[:first] + [_wrap(statement) for statement in body[first:]]


def _must_stay_first(statement: ast.stmt, position: int) -> bool:
    docstring = position == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return docstring or (isinstance(statement, ast.ImportFrom) and statement.module == "__future__")


def _wrap(statement: ast.stmt) -> ast.stmt:
    if isinstance(statement, ast.If | ast.ClassDef):
        statement.body = _wrap_body(statement.body)
    if isinstance(statement, ast.If):
        statement.orelse = _wrap_body(statement.orelse)
    index: int = statement.trace_index  # type: ignore[attr-defined]
    report = ast.Expr(_call(_FAILED, ast.Constant(index), _call("locals")))
    handler = ast.ExceptHandler(ast.Name(_FAILURES, ast.Load()), None, [report])
    return ast.copy_location(ast.Try([statement], [handler], [], []), statement)


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])


class _Instrumentation(ast.NodeTransformer):
    """Replaces operators and built-in functions that a stub cannot trace by itself with functions that do."""

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
        if isinstance(node.func, ast.Name) and node.func.id in _INSPECTIONS and node.args:
            node.args[0] = ast.copy_location(_call(_INSPECT, node.args[0]), node.args[0])
        return node


def _traced_is(left: object, right: object, negated: bool) -> bool:
    for side in (left, right):
        if type(side) is Stub:
            TRACE.record("decision", side._stub_taint)
            return ((left is right) != TRACE.flip_decisions) != negated
    return (left is right) != negated


def _traced_inspection(value: object) -> object:
    if type(value) is Stub or type(value) is StubModule:
        TRACE.record("decision", value._stub_taint)
    return value


def _traced_number(kind: Any, value: object) -> object:
    """Converts to a number; a stub to another stub."""
    if type(value) is Stub and kind in (int, float):
        taint = value._stub_taint
        TRACE.record("use", taint)
        return Stub(taint.extended(f" as {kind.__name__}"))
    return kind(value)


def _statement_failed(index: int, namespace: MutableMapping[str, Any]) -> None:
    """Handles the failure of a statement: the names that it would have set become stubs with the reason."""
    statement = TRACE.statements[index]
    error = sys.exception()
    if error is None or statement.kind == "Raise" or _is_exit_call(statement, error):
        return
    location = Location(statement.file, _line(error, statement), "<module>", statement.namespace)
    taint = taint_from_error(error, location) or Taint("", "", location, failure_reasons.reason(error, TRACE.relative))
    TRACE.events.append(Event("failed", taint, (Location(*_at(statement)),), TRACE.setting))
    skipped = [s for s in TRACE.statements if s is statement or _is_inside(s, statement)]
    for name in sorted({name for inner in skipped for name in inner.defines}):
        namespace[name] = Stub(taint)
    for inner in skipped:
        environment_variables.taint_variables(sorted(inner.variables), taint, overwrite=inner.kind != "Expr")


def taint_from_error(error: BaseException, location: Location) -> Taint | None:
    """Returns the taint that caused an error; None if the cause is known."""
    if isinstance(error, UnknownValue):
        return error.taint
    if (taint := taint_of(str(error))) is not None:
        return taint
    if _MENTIONS_STUB.search(str(error)) is None:
        return None
    taints = [event.taint for event in TRACE.events if any(line.file == location.file for line in event.stack)]
    return taints[-1] if taints else Taint("something", "", location, "uses something that is unknown here")


def _at(statement: Statement) -> tuple[str, int, str, str]:
    return statement.file, statement.first, "<module>", statement.namespace


def _is_inside(statement: Statement, outer: Statement) -> bool:
    parent = statement.parent
    while parent is not None and parent is not outer:
        parent = parent.parent
    return parent is outer and outer.kind == "If"


def _is_exit_call(statement: Statement, error: BaseException) -> bool:
    names = statement.words | statement.reads
    return isinstance(error, SystemExit) and statement.kind == "Expr" and bool({"exit", "quit"} & names)


def _line(error: BaseException, statement: Statement) -> int:
    """Returns the line of the statement's file at which it failed."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == statement.file:
            return traceback.tb_lineno or statement.first
        traceback = traceback.tb_next
    return statement.first
