"""What the target's code gets for a package that is not here: it goes along with everything and knows nothing.

Whatever is made of a stand-in is one too. Where a plain value is asked for, there is none to give: numbers are
refused, texts carry a marker, and decisions are taken blindly and recorded.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any, Never

from django_rclone_sidecar.target_project.settings_loader.trace import RECORD, Origin, Place

_MARKERS = {False: "zzstandin", True: "qxunknownvalue"}
_DECORATED = (types.FunctionType, type, classmethod, staticmethod, property)


class Unknown(TypeError, ValueError):
    """A plain value was asked of a stand-in. Both types, so that the author's own handlers work."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        super().__init__(f"{origin.path} is not known here")


def origin_of(value: object) -> Origin | None:
    """Returns where a stand-in, or a text with the mark of one, comes from; None for what is known."""
    if type(value) is StandIn:
        return value._standin_origin
    if isinstance(value, StandInBase) or (isinstance(value, type) and issubclass(value, StandInBase)):
        return value._standin_origin
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, str):
        lowered = value.lower()
        prefix = _MARKERS[RECORD.other_way]
        if prefix in lowered:
            return next((origin for text, origin in RECORD.texts.items() if text in lowered), _CUT)
    return None


def marked(origin: Origin) -> str:
    """Returns a new text with the mark of something unknown."""
    marker = f"{_MARKERS[RECORD.other_way]}{len(RECORD.texts):x}z"
    RECORD.texts[marker] = origin
    return marker


def _decide(origin: Origin) -> bool:
    """Takes a decision that nobody can know. Two loads take it differently, but a package in a ``try`` that is
    taken to be there should not act as though it were not."""
    RECORD.note("decision", origin)
    return origin.guarded if RECORD.other_way else True


def is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


_ASKED = frozenset(["__file__", "__version__", "__name__", "__qualname__", "__path__", "__author__"])


def is_asked(name: str) -> bool:
    """Tells whether the target itself asks for a name of Python's that any package may have."""
    return name in _ASKED and RECORD.below(sys._getframe(2).f_code.co_filename)


class StandIn:
    """A value that is not known."""

    __slots__ = ("_standin_origin", "_standin_parts")
    _standin_origin: Origin
    _standin_parts: dict[str, Any]

    def __init__(self, origin: Origin) -> None:
        object.__setattr__(self, "_standin_origin", origin)
        object.__setattr__(self, "_standin_parts", {})

    def __getattr__(self, name: str) -> Any:
        if is_dunder(name) and not is_asked(name):  # copy, pickle, inspect and typing would go astray
            raise AttributeError(name)
        RECORD.note("use", self._standin_origin)
        parts = self._standin_parts
        if name not in parts:
            parts[name] = attribute(self._standin_origin, name)
        return parts[name]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        origin = self._standin_origin.longer("()")
        given = (*args, *kwargs.values())
        RECORD.note("call", origin, given=given)
        if len(args) == 1 and not kwargs and isinstance(args[0], _DECORATED):
            RECORD.note("decision", origin)  # the real decorator might return anything
            return args[0]
        return StandIn(origin)

    def __getitem__(self, key: Any) -> Any:
        return StandIn(self._standin_origin.longer(f"[{key!r}]" if isinstance(key, str | int) else "[…]"))

    def __setitem__(self, key: Any, value: Any) -> None:
        RECORD.note("call", self._standin_origin, given=(value,))

    def __delitem__(self, key: Any) -> None:
        RECORD.note("call", self._standin_origin)

    def __setattr__(self, name: str, value: Any) -> None:
        RECORD.note("call", self._standin_origin, given=(value,))

    def __delattr__(self, name: str) -> None:
        RECORD.note("call", self._standin_origin)

    def __enter__(self) -> Any:
        RECORD.note("call", self._standin_origin)
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _memo: Any) -> Any:
        return self

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        RECORD.note("base", self._standin_origin)
        first = next(base for base in bases if type(base) is StandIn)
        # Once, even if several bases are stand-ins: a class cannot have one base twice.
        if first is not self:
            return ()
        origin = self._standin_origin
        return (types.new_class("StandInBase", (StandInBase,), {}, lambda body: body.update(_standin_origin=origin)),)

    # Decisions

    def __bool__(self) -> bool:
        return _decide(self._standin_origin)

    def __contains__(self, item: Any) -> bool:
        return not _decide(self._standin_origin)

    def __eq__(self, other: object) -> bool:
        usual = _decide(self._standin_origin)
        return self is other if usual else self is not other

    def __hash__(self) -> int:
        RECORD.note("decision", self._standin_origin)
        return id(self)

    def __instancecheck__(self, instance: Any) -> bool:
        return not _decide(self._standin_origin)

    def __subclasscheck__(self, subclass: Any) -> bool:
        return not _decide(self._standin_origin)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        RECORD.note("decision", self._standin_origin)
        return StandIn

    def __iter__(self) -> Iterator[Any]:
        # At least one the first time: emptiness would look like knowledge.
        if _decide(self._standin_origin):
            yield StandIn(self._standin_origin.longer("[…]"))

    def __dir__(self) -> list[str]:
        RECORD.note("decision", self._standin_origin)
        return []

    # Plain values

    def _standin_number(self, *_args: Any) -> Never:
        RECORD.note("decision", self._standin_origin)
        raise Unknown(self._standin_origin)

    __int__ = __float__ = __complex__ = __index__ = __len__ = __round__ = __trunc__ = _standin_number

    def _standin_text(self, *_args: Any) -> str:
        RECORD.note("decision", self._standin_origin)  # a part of it may be cut off, or compared
        return marked(self._standin_origin)

    __str__ = __repr__ = __format__ = __fspath__ = _standin_text

    def __bytes__(self) -> bytes:
        return self._standin_text().encode()


def _operation(sign: str) -> Callable[..., Any]:
    def operate(self: StandIn, *_others: Any) -> Any:
        return StandIn(self._standin_origin.longer(f" {sign} …"))

    return operate


for _sign, _names in {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul",
    "|": "or", "&": "and", "^": "xor", "<<": "lshift", ">>": "rshift",
}.items():  # fmt: skip
    for _prefix in ("", "r"):
        setattr(StandIn, f"__{_prefix}{_names}__", _operation(_sign))
for _sign, _names in {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "-": "neg", "~": "invert"}.items():
    setattr(StandIn, f"__{_names}__", _operation(_sign))

_CUT = Origin("a text", "", Place("", 0, "", ""))


class StandInBase:
    """What a class of the target gets for an unknown base. What its body says are defaults, which the real base may
    replace by anything: an instance does not show them. Its own methods are real."""

    _standin_origin = Origin("an unknown base class", "", Place("", 0, "", ""))

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        super().__init__()

    def __init_subclass__(cls, **_kwargs: Any) -> None:
        super().__init_subclass__()

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if is_dunder(name) or name.startswith("_standin") or name in object.__getattribute__(self, "__dict__"):
            return value
        declared = next((vars(base)[name] for base in type(self).__mro__ if name in vars(base)), None)
        if hasattr(type(declared), "__get__"):  # a method, a property …
            return value
        return StandIn(self._standin_origin.longer(f".{name}"))

    def __getattr__(self, name: str) -> Any:
        if is_dunder(name):
            raise AttributeError(name)
        return StandIn(self._standin_origin.longer(f".{name}"))


def attribute(origin: Origin, name: str) -> Any:
    """Returns the attribute of something unknown. What is named like an exception can be raised and caught."""
    if name.endswith(("Error", "Exception", "DoesNotExist")):
        return type(name, (Exception,), {"__module__": origin.path})
    if name.endswith("Warning"):
        return type(name, (Warning,), {"__module__": origin.path})
    return StandIn(origin.longer(f".{name}"))
