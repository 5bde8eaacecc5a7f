"""What each statement of a module reads, defines and may change, by name. Rather too much than too little."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Statement:
    """One statement of a module or class body. Only ``if`` and ``class`` have statements inside (``parent``)."""

    index: int
    namespace: str
    file: str
    first: int
    last: int
    kind: str
    parent: Statement | None = None
    reads: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    """Names that are read for more than to put their values into a dictionary."""
    defines: set[str] = field(default_factory=set)
    touches: set[str] = field(default_factory=set)
    """Names whose value is changed in place."""
    args: set[str] = field(default_factory=set)
    """Names whose value is handed to a call, which may change it if it can be changed."""
    given: set[str] = field(default_factory=set)
    """What is handed to a call as it is: ``a`` or ``b.c``."""
    iterates: set[str] = field(default_factory=set)
    """Names of what a loop goes through, which may be changed in it."""
    words: set[str] = field(default_factory=set)
    """Attributes and texts that could be names."""
    changed_attributes: set[tuple[str, str]] = field(default_factory=set)
    """With what has them: ``("b", "x.a")`` for ``x.a.b = 1``."""
    latent: set[str] = field(default_factory=set)
    """Names of the module that a function changes when it is called; ``*``: any, ``**``: any of any module."""
    imports: list[tuple[str, int, str, str]] = field(default_factory=list)
    """Module, level, name and the name here; ``*`` for all."""
    any_name: bool = False
    """It can change names that it does not mention: ``globals()``, ``exec`` …"""
    any_module: bool = False
    """It can change names of modules that it does not mention: callers' frames, ``sys.modules`` …"""
    hands_on_namespace: bool = False
    """What it makes may hold the names of a module: ``Loader(globals())``."""
    environment: bool = False
    """It may set environment variables, it is not known which."""
    variables: set[str] = field(default_factory=set)
    """The environment variables that it sets, where their names are written down."""
    in_class: bool = False
    outer_call: str = ""
    """The name at the beginning of the call that is all of the statement: ``a`` of ``a.b(c)``."""

    @property
    def is_star(self) -> bool:
        """Tells whether it is ``from … import *``."""
        return any(name == "*" for *_, name, _bound in self.imports)
