"""Measures which lines of the app a program runs, and in which order, from its start to its end.

Coverage itself takes a tenth of a second to start, and slows down everything that is not ours as well; most programs
that the tests start take little more than that. `plugin` makes this the first thing that each of them imports, so it
imports little, and gives coverage what it wrote.
"""

import atexit
import marshal
import os
import sys
from _thread import get_ident
from sys import monitoring

APP, INTO = os.environ["COVERAGE_OF"], os.environ["COVERAGE_INTO"]
_EVENTS = monitoring.events
_found: dict[str, set[tuple[int, int]]] = {}
"""For each file the pairs of lines that followed each other. As coverage has it, a function is entered from and left to
its first line with a minus."""
_lines: dict[int, list[int]] = {}
"""For each thread the line that each of our functions is in, the innermost last."""


def _started(code, _offset):
    if not code.co_filename.startswith(APP):
        return monitoring.DISABLE
    if not monitoring.get_local_events(monitoring.COVERAGE_ID, code):
        inside = _EVENTS.LINE | _EVENTS.PY_RETURN | _EVENTS.PY_YIELD | _EVENTS.PY_RESUME
        monitoring.set_local_events(monitoring.COVERAGE_ID, code, inside)
        _found.setdefault(code.co_filename, set())
    _lines.setdefault(get_ident(), []).append(-code.co_firstlineno)
    return None


def _line(code, line):
    lines = _lines[get_ident()]
    _found[code.co_filename].add((lines[-1], line))
    lines[-1] = line


def _returned(code, _offset, _value):
    _found[code.co_filename].add((_lines[get_ident()].pop(), -code.co_firstlineno))


def _yielded(_code, _offset, _value):
    _lines[get_ident()].pop()


def _resumed(_code, _offset):
    _lines.setdefault(get_ident(), []).append(sys._getframe(1).f_lineno)


# An exception in or out of a function: of these two, Python tells for all functions or none.
def _thrown(code, _offset, _error):
    if code.co_filename.startswith(APP):
        _lines.setdefault(get_ident(), []).append(sys._getframe(1).f_lineno)


def _unwound(code, offset, error):
    if code.co_filename.startswith(APP):
        _returned(code, offset, error)


def _write():
    monitoring.set_events(monitoring.COVERAGE_ID, 0)
    path = f"{INTO}/{os.getpid()}-{os.urandom(4).hex()}"
    with open(f"{path}.part", "wb") as file:  # noqa: PTH123 - pathlib takes as long to import as all of this to run
        # Copies: a thread that still runs goes on finding.
        marshal.dump({name: tuple(pairs.copy()) for name, pairs in _found.copy().items()}, file)
    os.rename(f"{path}.part", f"{path}.lines")  # noqa: PTH104 - as above


def _measure() -> None:
    atexit.register(_write)
    monitoring.use_tool_id(monitoring.COVERAGE_ID, "tests")
    for event, callback in (
        (_EVENTS.PY_START, _started),
        (_EVENTS.LINE, _line),
        (_EVENTS.PY_RETURN, _returned),
        (_EVENTS.PY_YIELD, _yielded),
        (_EVENTS.PY_RESUME, _resumed),
        (_EVENTS.PY_THROW, _thrown),
        (_EVENTS.PY_UNWIND, _unwound),
    ):
        monitoring.register_callback(monitoring.COVERAGE_ID, event, callback)
    monitoring.set_events(monitoring.COVERAGE_ID, _EVENTS.PY_START | _EVENTS.PY_THROW | _EVENTS.PY_UNWIND)


_measure()
