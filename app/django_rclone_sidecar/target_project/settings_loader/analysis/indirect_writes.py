"""Finds statements that call functions which can write to names of a module without mentioning them.

A function may find its caller's names through frames or ``sys.modules``, and an object may keep a namespace that was
passed to its constructor. A call of such a function or object may change any name.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType

from django_rclone_sidecar.target_project.settings_loader.analysis.statement_index import StatementIndex, resolved
from django_rclone_sidecar.target_project.settings_loader.statements import Statement
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import Stub

type Name = tuple[str, str]
"""A module, and a name in it."""

_FUNCTIONS = ("FunctionDef", "AsyncFunctionDef")
_IMPORTS = ("Import", "ImportFrom")
_HOLD_NOTHING = (str, bytes, int, float, complex, bool, type(None))


def mark_indirect_writers(program: StatementIndex) -> None:
    """Marks the statements that call such functions: they may change any name."""
    writers = {name for statement in program.statements for name in _initial_writers(program, statement)}
    before = -1
    while writers and len(writers) != before:
        before = len(writers)
        writers |= set(_imported(program.sources, writers))
        writers |= set(_imported_by_star(program.stars, writers))
        for statement in program.statements:
            if statement.kind not in _IMPORTS and _mentions(statement, writers):
                writers |= set(_mark_caller(statement))


def mark_variable_setters(program: StatementIndex) -> None:
    """Marks the callers of functions that set environment variables as setters of the same variables."""
    for function in program.statements:
        if not _is_function(function) or not (function.variables or function.environment):
            continue
        names, before = set(_reachable_names(function)), -1
        while len(names) != before:
            before = len(names)
            names |= set(_imported(program.sources, names))
            names |= set(_imported_by_star(program.stars, names))
            for statement in program.statements:
                if statement.kind not in _IMPORTS and statement is not function and _mentions(statement, names):
                    statement.variables |= function.variables
                    statement.environment = statement.environment or function.environment
                    names |= set(_reachable_names(statement)) if _is_function(statement) else set()


def _initial_writers(program: StatementIndex, statement: Statement) -> Iterator[Name]:
    gives_module = any(
        type(module := _value_of(statement.namespace, name)) is ModuleType and module.__name__ in program.of
        for name in statement.given
    )
    if "**" in statement.latent or (gives_module and _is_function(statement)):
        yield from _reachable_names(statement)
    elif gives_module:
        statement.any_name = statement.any_module = True
    elif statement.keeps_namespace and not _is_function(statement):
        yield from _created_names(statement)


def _imported(sources: Mapping[Name, Iterable[Name]], writers: set[Name]) -> Iterator[Name]:
    return (name for name, origins in sources.items() if any(taint in writers for taint in origins))


def _imported_by_star(stars: Mapping[str, Iterable[Statement]], writers: set[Name]) -> Iterator[Name]:
    for namespace, statements in stars.items():
        modules = {resolved(*statement.imports[0][:2], namespace) for statement in statements}
        yield from ((namespace, name) for module, name in writers if module in modules)


def _mentions(statement: Statement, writers: set[Name]) -> bool:
    here = statement.namespace
    if any((here, name) in writers and name not in statement.defines for name in statement.reads | statement.words):
        return True
    return any((module, word) in writers for module in _modules(statement) for word in statement.words)


def _modules(statement: Statement) -> Iterator[str]:
    """Yields the modules that a statement names: ``a.b.c`` may be three."""
    found = [_value(statement.namespace, name) for name in statement.reads]
    while found:
        if type(module := found.pop()) is ModuleType:
            yield module.__name__
            found += [vars(module).get(word) for word in statement.words]


def _mark_caller(statement: Statement) -> Iterator[Name]:
    """Marks a statement that mentions a writer as one, and yields the names by which others can call it."""
    if _is_function(statement):
        statement.latent |= {"*", "**"}
        yield from _reachable_names(statement)
    else:
        statement.any_name = statement.any_module = True
        yield from _created_names(statement)


def _reachable_names(statement: Statement) -> Iterator[Name]:
    """Yields the names by which a function can be called; for a method, those of its class."""
    owner: Statement | None = statement
    while owner is not None:
        yield from ((owner.namespace, name) for name in owner.defines if not owner.in_class)
        owner = owner.parent


def _created_names(statement: Statement) -> Iterator[Name]:
    """Yields the names of objects that a statement created and that may keep a module's namespace."""
    for name in statement.defines:
        if not issubclass(type(value := _value(statement.namespace, name)), _HOLD_NOTHING) and type(value) is not Stub:
            yield statement.namespace, name


def _is_function(statement: Statement) -> bool:
    return statement.kind in _FUNCTIONS


def _value(namespace: str, name: str) -> object:
    return vars(sys.modules.get(namespace, sys)).get(name)


def _value_of(namespace: str, chain: str) -> object:
    """Returns the value of ``a.b`` if ``a`` is a module."""
    first, *rest = chain.split(".")
    value = _value(namespace, first)
    for name in rest:
        value = vars(value).get(name) if type(value) is ModuleType else None
    return value
