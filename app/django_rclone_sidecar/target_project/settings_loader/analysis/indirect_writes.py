"""Which statements call functions that can write into the names of a module that they do not mention.

A function may look for its caller's names by itself, through frames or ``sys.modules``, and an object may have been
given them when it was made. Whoever calls those may change any name, although no name is seen in the call.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType

from django_rclone_sidecar.target_project.settings_loader.analysis.statement_index import StatementIndex, resolved
from django_rclone_sidecar.target_project.settings_loader.statements import Statement
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import StandIn

type Name = tuple[str, str]
"""A module, and a name in it."""

_FUNCTIONS = ("FunctionDef", "AsyncFunctionDef")
_IMPORTS = ("Import", "ImportFrom")
_HOLD_NOTHING = (str, bytes, int, float, complex, bool, type(None))


def mark(program: StatementIndex) -> None:
    """Marks the statements that call such functions as able to change any name."""
    writers = {name for statement in program.statements for name in _from_the_start(program, statement)}
    before = -1
    while writers and len(writers) != before:
        before = len(writers)
        writers |= set(_imported(program.sources, writers))
        writers |= set(_imported_by_star(program.stars, writers))
        for statement in program.statements:
            if statement.kind not in _IMPORTS and _mentions(statement, writers):
                writers |= set(_spread(statement))


def mark_setters(program: StatementIndex) -> None:
    """Makes the callers of functions that set environment variables set them too."""
    for function in program.statements:
        if not _is_function(function) or not (function.variables or function.environment):
            continue
        names, before = set(_owners(function)), -1
        while len(names) != before:
            before = len(names)
            names |= set(_imported(program.sources, names))
            names |= set(_imported_by_star(program.stars, names))
            for statement in program.statements:
                if statement.kind not in _IMPORTS and statement is not function and _mentions(statement, names):
                    statement.variables |= function.variables
                    statement.environment = statement.environment or function.environment
                    names |= set(_owners(statement)) if _is_function(statement) else set()


def _from_the_start(program: StatementIndex, statement: Statement) -> Iterator[Name]:
    gives_module = any(
        type(module := _value_of(statement.namespace, name)) is ModuleType and module.__name__ in program.of
        for name in statement.given
    )
    if "**" in statement.latent or (gives_module and _is_function(statement)):
        yield from _owners(statement)
    elif gives_module:
        statement.any_name = statement.any_module = True
    elif statement.hands_on_namespace and not _is_function(statement):
        yield from _made(statement)


def _imported(sources: Mapping[Name, Iterable[Name]], writers: set[Name]) -> Iterator[Name]:
    return (name for name, origins in sources.items() if any(origin in writers for origin in origins))


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
    """Gives the modules that a statement names: ``a.b.c`` may be three."""
    found = [_value(statement.namespace, name) for name in statement.reads]
    while found:
        if type(module := found.pop()) is ModuleType:
            yield module.__name__
            found += [vars(module).get(word) for word in statement.words]


def _spread(statement: Statement) -> Iterator[Name]:
    """Makes a statement that mentions a writer one itself, and gives what can be called from elsewhere."""
    if _is_function(statement):
        statement.latent |= {"*", "**"}
        yield from _owners(statement)
    else:
        statement.any_name = statement.any_module = True
        yield from _made(statement)


def _owners(statement: Statement) -> Iterator[Name]:
    """Gives the names through which a function is reached: for a method, those of its class."""
    owner: Statement | None = statement
    while owner is not None:
        yield from ((owner.namespace, name) for name in owner.defines if not owner.in_class)
        owner = owner.parent


def _made(statement: Statement) -> Iterator[Name]:
    """Gives the names of what a statement made, where that may keep hold of a module's names."""
    for name in statement.defines:
        if (
            not issubclass(type(value := _value(statement.namespace, name)), _HOLD_NOTHING)
            and type(value) is not StandIn
        ):
            yield statement.namespace, name


def _is_function(statement: Statement) -> bool:
    return statement.kind in _FUNCTIONS


def _value(namespace: str, name: str) -> object:
    return vars(sys.modules.get(namespace, sys)).get(name)


def _value_of(namespace: str, chain: str) -> object:
    """Returns what ``a.b`` is, as far as modules lead there."""
    first, *rest = chain.split(".")
    value = _value(namespace, first)
    for name in rest:
        value = vars(value).get(name) if type(value) is ModuleType else None
    return value
