"""Stubs: values of missing packages. They accept any operation, and the result is a stub too.

Where a plain value is needed, a conversion to a number raises UnknownValue, a string contains a taint marker, and a
decision is taken arbitrarily and traced.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any, Never

from django_rclone_sidecar.target_project.settings_loader.trace import TRACE, Location, Taint
from django_rclone_sidecar.target_project.settings_loader.unknowns import markers

_DECORATED = (types.FunctionType, type, classmethod, staticmethod, property)


class UnknownValue(TypeError, ValueError):
    """A stub cannot be converted to a plain value. Both types, so that the code's own handlers work."""

    def __init__(self, taint: Taint) -> None:
        self.taint = taint
        super().__init__(f"{taint.path} is unknown here")


def taint_of(value: object) -> Taint | None:
    """Returns the taint of a stub, or of a string with a taint marker; None for a known value."""
    if type(value) is Stub:
        return value._stub_taint
    if isinstance(value, StubBase) or (isinstance(value, type) and issubclass(value, StubBase)):
        return value._stub_taint
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, str):
        return markers.taint_of_string(value)
    return None


def _decide(taint: Taint) -> bool:
    """Takes an unknown decision. The two loads take it differently, except for a package from a guarded import: in the
    second load it counts as installed, so it must not act as if it were missing."""
    TRACE.record("decision", taint)
    return taint.guarded if TRACE.flip_decisions else True


def is_dunder(name: str) -> bool:
    """Returns whether a name is one of Python's special names."""
    return name.startswith("__") and name.endswith("__")


_MODULE_DUNDERS = frozenset(["__file__", "__version__", "__name__", "__qualname__", "__path__", "__author__"])


def is_dunder_for_target(name: str) -> bool:
    """Returns whether the target's own code reads a special name that any package may have."""
    return name in _MODULE_DUNDERS and TRACE.is_target_file(sys._getframe(2).f_code.co_filename)


class Stub:
    """An unknown value."""

    __slots__ = ("_stub_attributes", "_stub_taint")
    _stub_taint: Taint
    _stub_attributes: dict[str, Any]

    def __init__(self, taint: Taint) -> None:
        object.__setattr__(self, "_stub_taint", taint)
        object.__setattr__(self, "_stub_attributes", {})

    def __getattr__(self, name: str) -> Any:
        if is_dunder(name) and not is_dunder_for_target(name):  # copy, pickle, inspect and typing would go astray
            raise AttributeError(name)
        TRACE.record("use", self._stub_taint)
        parts = self._stub_attributes
        if name not in parts:
            parts[name] = stub_attribute(self._stub_taint, name)
        return parts[name]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        taint = self._stub_taint.extended("()")
        given = (*args, *kwargs.values())
        TRACE.record("call", taint, given=given)
        if len(args) == 1 and not kwargs and isinstance(args[0], _DECORATED):
            TRACE.record("decision", taint)  # the real decorator might return anything
            return args[0]
        return Stub(taint)

    def __getitem__(self, key: Any) -> Any:
        return Stub(self._stub_taint.extended(f"[{key!r}]" if isinstance(key, str | int) else "[…]"))

    def __setitem__(self, key: Any, value: Any) -> None:
        TRACE.record("call", self._stub_taint, given=(value,))

    def __delitem__(self, key: Any) -> None:
        TRACE.record("call", self._stub_taint)

    def __setattr__(self, name: str, value: Any) -> None:
        TRACE.record("call", self._stub_taint, given=(value,))

    def __delattr__(self, name: str) -> None:
        TRACE.record("call", self._stub_taint)

    def __enter__(self) -> Any:
        TRACE.record("call", self._stub_taint)
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _memo: Any) -> Any:
        return self

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        TRACE.record("base", self._stub_taint)
        first = next(base for base in bases if type(base) is Stub)
        # Once, even if several bases are stubs: a class cannot have the same base twice.
        if first is not self:
            return ()
        taint = self._stub_taint
        return (types.new_class("StubBase", (StubBase,), {}, lambda body: body.update(_stub_taint=taint)),)

    # Decisions

    def __bool__(self) -> bool:
        return _decide(self._stub_taint)

    def __contains__(self, item: Any) -> bool:
        return not _decide(self._stub_taint)

    def __eq__(self, other: object) -> bool:
        usual = _decide(self._stub_taint)
        return self is other if usual else self is not other

    def __hash__(self) -> int:
        TRACE.record("decision", self._stub_taint)
        return id(self)

    def __instancecheck__(self, instance: Any) -> bool:
        return not _decide(self._stub_taint)

    def __subclasscheck__(self, subclass: Any) -> bool:
        return not _decide(self._stub_taint)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        TRACE.record("decision", self._stub_taint)
        return Stub

    def __iter__(self) -> Iterator[Any]:
        # One item in the first load: an empty sequence would lose the taint.
        if _decide(self._stub_taint):
            yield Stub(self._stub_taint.extended("[…]"))

    def __dir__(self) -> list[str]:
        TRACE.record("decision", self._stub_taint)
        return []

    # Plain values

    def _refuse_number(self, *_args: Any) -> Never:
        TRACE.record("decision", self._stub_taint)
        raise UnknownValue(self._stub_taint)

    __int__ = __float__ = __complex__ = __index__ = __len__ = __round__ = __trunc__ = _refuse_number

    def _tainted_text(self, *_args: Any) -> str:
        TRACE.record("decision", self._stub_taint)  # the string may be cut or compared
        return markers.new_marker(self._stub_taint)

    __str__ = __repr__ = __format__ = __fspath__ = _tainted_text

    def __bytes__(self) -> bytes:
        return self._tainted_text().encode()


def _operation(sign: str) -> Callable[..., Any]:
    def operate(self: Stub, *_others: Any) -> Any:
        return Stub(self._stub_taint.extended(f" {sign} …"))

    return operate


for _sign, _names in {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul",
    "|": "or", "&": "and", "^": "xor", "<<": "lshift", ">>": "rshift",
}.items():  # fmt: skip
    for _prefix in ("", "r"):
        setattr(Stub, f"__{_prefix}{_names}__", _operation(_sign))
for _sign, _names in {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "-": "neg", "~": "invert"}.items():
    setattr(Stub, f"__{_names}__", _operation(_sign))


class StubBase:
    """Replaces an unknown base class. Values in the class body are only defaults that the real base may replace, so
    reading them from an instance gives a stub. Methods of the class are real."""

    _stub_taint = Taint("an unknown base class", "", Location("", 0, "", ""))

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        super().__init__()

    def __init_subclass__(cls, **_kwargs: Any) -> None:
        super().__init_subclass__()

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if is_dunder(name) or name.startswith("_stub_") or name in object.__getattribute__(self, "__dict__"):
            return value
        declared = next((vars(base)[name] for base in type(self).__mro__ if name in vars(base)), None)
        if hasattr(type(declared), "__get__"):  # a method or property
            return value
        return Stub(self._stub_taint.extended(f".{name}"))

    def __getattr__(self, name: str) -> Any:
        if is_dunder(name):
            raise AttributeError(name)
        return Stub(self._stub_taint.extended(f".{name}"))


def stub_attribute(taint: Taint, name: str) -> Any:
    """Returns an attribute of a stub: an exception class if it is named like one, so that ``except`` can use it."""
    if name.endswith(("Error", "Exception", "DoesNotExist")):
        return type(name, (Exception,), {"__module__": taint.path})
    if name.endswith("Warning"):
        return type(name, (Warning,), {"__module__": taint.path})
    return Stub(taint.extended(f".{name}"))
