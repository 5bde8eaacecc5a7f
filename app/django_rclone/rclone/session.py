"""A session: one rclone in the background answers all queries of a run, by its remote control.

A query takes some milliseconds then, instead of the start of a program, which takes 80 ms. Programs of their own move
all data, and answer every query that the remote control does not answer, or answers with an error that rclone's log
and exit code explain better: ``NotAnswered``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import UnionType
from typing import Any

from django_rclone.command import Command
from django_rclone.exceptions import DjangoRcloneError, Interrupted, Unavailable
from django_rclone.process import Limits
from django_rclone.process.child_environment import child_environment
from django_rclone.process.server import Server
from django_rclone.rclone.errors import Missing
from django_rclone.rclone.remote_control import RemoteControl, Request

logger = logging.getLogger("django_rclone")

_MOST = 2
"""Largest number of rclones in the background: one for an encrypted remote, and one for the remote under it."""


class NotAnswered(Exception):
    """The query is to be made with a program of its own."""


@contextmanager
def session() -> Iterator[None]:
    """Answers the queries in this block with one rclone; in other threads, each query starts a program."""
    if _current.get() is not None or not Server.SUPPORTED:
        yield
        return
    started = _Session()
    token = _current.set(started)
    try:
        yield
    finally:
        _current.reset(token)
        started.close()


def ask(command: Command, request: Request, limits: Limits, kind: type | UnionType) -> Any:
    """Returns the result of a request to the rclone that ``command`` starts, of type ``kind``.

    Raises Missing and Unavailable as a program of its own does, and NotAnswered instead of all other errors.
    """
    current = _current.get()
    if current is None or current.process_id != os.getpid():
        raise NotAnswered
    result = current.ask(command, request, limits)
    if not isinstance(result, kind):
        raise NotAnswered
    return result


class _Session:
    """The rclones of a session: one for each configuration and environment, started when it is needed first."""

    def __init__(self) -> None:
        self.process_id = os.getpid()
        """A process that was forked from this one must not use its programs."""
        self._running: dict[object, RemoteControl | None] = {}
        """None for those that cannot be used."""

    def ask(self, command: Command, request: Request, limits: Limits) -> Any:
        environment, _secrets = child_environment(command)
        key = (command.argv, tuple(sorted(environment.items())))
        if key not in self._running:
            self._make_room()
            self._running[key] = _started(command)
        if (rclone := self._running[key]) is None:
            raise NotAnswered
        try:
            return rclone.ask(request, limits, command.explain)
        except Missing:
            raise
        except (OSError, ValueError) as error:
            self._discard(key)
            logger.debug("rclone's remote control is not used any more: %s", error)
            raise NotAnswered from error
        except (Unavailable, Interrupted, KeyboardInterrupt):
            self._discard(key)  # it may still work on the request
            raise
        except DjangoRcloneError as error:
            raise NotAnswered from error

    def _discard(self, key: object) -> None:
        """Ends an rclone and starts it no more."""
        rclone, self._running[key] = self._running[key], None
        if rclone is not None:
            rclone.close()

    def _make_room(self) -> None:
        running = [key for key, rclone in self._running.items() if rclone is not None]
        if len(running) == _MOST:
            self._discard(running[0])
            del self._running[running[0]]

    def close(self) -> None:
        for key in self._running:
            self._discard(key)


_current: ContextVar[_Session | None] = ContextVar("rclone session", default=None)


def _started(command: Command) -> RemoteControl | None:
    """Returns a new rclone; None if it cannot be used. Programs of their own then say why, if it concerns them too."""
    try:
        return RemoteControl(command)
    except Interrupted:
        raise
    except (DjangoRcloneError, OSError) as error:
        logger.debug("rclone's remote control cannot be used: %s", error)
        return None
