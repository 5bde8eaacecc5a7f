"""Program that answers requests of this process over a socket, in the background of other programs (Linux only)."""

from __future__ import annotations

import os
import socket
import struct
import time

from django_rclone.command import Command
from django_rclone.exceptions import Unavailable
from django_rclone.process.child import Process, end
from django_rclone.process.descriptors import content_file
from django_rclone.process.interrupts import signals_deferred
from django_rclone.process.parent_death import SUPPORTED

_START_LIMIT = 10.0
"""Seconds within which the program must listen."""
_CREDENTIALS = struct.Struct("3i")  # struct ucred in unix(7): pid, uid, gid


class Server:
    """A program that listens on an abstract Unix socket until it is closed. If this process is killed, so is it.

    An abstract socket needs no folder that can be written to, has a short name, and leaves nothing behind. It has no
    permissions: the program must ask for a password, and ``connect`` checks which program has answered.
    """

    SUPPORTED = SUPPORTED
    """Whether such a program can run here: elsewhere it would survive this process."""

    def __init__(self, command: Command, address: str, announcement: str) -> None:
        """Starts the program and waits until it listens on ``address``, as it reports with ``announcement`` on stderr.

        Raises the error from ``command.explain`` if the program ends, and Unavailable if it cannot be connected to.
        """
        self._address = f"\0{address}"
        # Not a pipe: a thread would have to read it, and this process never forks while it has threads.
        self._log = content_file(b"", append=True)
        try:
            with open(os.devnull, "r+b") as null, signals_deferred():  # noqa: PTH123
                self.process = Process(command, null.fileno(), null.fileno(), log=self._log)
            try:
                self._wait_until_it_listens(announcement)
            except BaseException:
                self.close()
                raise
        except BaseException:
            self._log.close()
            raise

    def _wait_until_it_listens(self, announcement: str) -> None:
        deadline = time.monotonic() + _START_LIMIT
        while True:
            announced = announcement in self.process.stderr
            try:
                self.connect().close()
            except OSError as error:
                if self.process.wait(0.002) is not None:
                    raise self.process.failure() from error
                if announced or time.monotonic() > deadline:
                    raise Unavailable(f"{self.process.command.program} cannot be connected to.") from error
            else:
                return

    def connect(self) -> socket.socket:
        """Returns a connection to the program. Raises OSError if it does not listen, or another program does."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(self._address)
            pid, _uid, _gid = _CREDENTIALS.unpack(
                connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            )
            if os.getsid(pid) != self.process.pid:  # the program, or one that it started, if it is a script
                raise ConnectionRefusedError("another program listens at this address")
        except BaseException:
            connection.close()
            raise
        return connection

    def clear_log(self) -> None:
        """Forgets what the program has written to stderr, so that it does not fill memory."""
        os.ftruncate(self._log.fileno(), 0)

    def close(self) -> None:
        """Ends the program."""
        end([self.process])
        self._log.close()
