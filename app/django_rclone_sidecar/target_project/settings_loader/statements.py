"""The names that each statement of a module reads, defines and may change. In doubt, too many rather than too few."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Statement:
    """A statement of a module or class body. Only ``if`` and ``class`` have children (see ``parent``)."""

    index: int
    namespace: str
    file: str
    first: int
    last: int
    kind: str
    parent: Statement | None = None
    reads: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    """Names that are read, except those whose values are only put into a dictionary."""
    defines: set[str] = field(default_factory=set)
    touches: set[str] = field(default_factory=set)
    """Names whose value is changed in place."""
    args: set[str] = field(default_factory=set)
    """Names whose value is passed to a call, which may change it."""
    given: set[str] = field(default_factory=set)
    """Names that are passed to a call directly: ``a`` or ``b.c``."""
    iterates: set[str] = field(default_factory=set)
    """Names that a loop iterates over; the loop may change their items."""
    words: set[str] = field(default_factory=set)
    """Attributes, and strings that could be names."""
    changed_attributes: set[tuple[str, str]] = field(default_factory=set)
    """Attribute and owner: ``("b", "x.a")`` for ``x.a.b = 1``."""
    latent: set[str] = field(default_factory=set)
    """Global names that a function changes when it is called; ``?``: a part of a value that it reads, ``*``: any name,
    ``**``: any name of any module."""
    imports: list[tuple[str, int, str, str]] = field(default_factory=list)
    """Module, level, name in that module (``*`` for all) and name in this one."""
    any_name: bool = False
    """Whether it can change names that it does not mention: ``globals()``, ``exec`` …"""
    any_module: bool = False
    """Whether it can change names of modules that it does not mention: callers' frames, ``sys.modules`` …"""
    keeps_namespace: bool = False
    """Whether an object that it creates may keep the namespace of a module: ``Loader(globals())``."""
    environment: bool = False
    """Whether it may set environment variables of unknown names."""
    variables: set[str] = field(default_factory=set)
    """The environment variables that it sets, if their names are literals."""
    in_class: bool = False
    outer_call: str = ""
    """The first name of the call if the whole statement is one: ``a`` of ``a.b(c)``."""

    @property
    def is_star(self) -> bool:
        """Returns whether it is ``from … import *``."""
        return any(name == "*" for *_, name, _bound in self.imports)
