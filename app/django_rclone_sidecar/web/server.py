"""``web.application``, served with gunicorn.

Nothing but what stands here is asked: a container that shares its variables with the web container may hold
GUNICORN_CMD_ARGS or WEB_CONCURRENCY, which are not meant for us.
"""

from __future__ import annotations

import os
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from django_rclone.exceptions import ConfigurationError

_BACKLOG = 512


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, with the options that are wanted of it. It takes the socket over."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        super().__init__()

    def load_config(self) -> None:
        for name, value in options(self._listener).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from django_rclone_sidecar.web.wsgi import application  # noqa: PLC0415 - when gunicorn asks for it

        return application


def options(listener: socket.socket) -> dict[str, Any]:
    """Returns gunicorn's options, among them the socket, which is its own from now on."""
    memory = Path("/dev/shm")  # noqa: S108 - no name in it is fixed
    return {
        "bind": [f"fd://{listener.detach()}"],
        "workers": 1,
        "worker_class": "django_rclone_sidecar.web.worker.Worker",
        "threads": 4,
        # What both processes hold is then held once.
        "preload_app": True,
        "graceful_timeout": 3,
        # The worker's sign of life: a slow disk must not look like a dead worker.
        "worker_tmp_dir": str(memory) if os.access(memory, os.W_OK) else tempfile.gettempdir(),
        "control_socket_disable": True,
        "accesslog": None,
        "errorlog": None,
        "logger_class": "django_rclone_sidecar.web.gunicorn_log.Log",
        "proc_name": "django-rclone web",
    }


def listen(port: int) -> socket.socket:
    """Returns a socket that hears IPv6 and IPv4, or IPv4 alone where there is no other.

    Raises ConfigurationError when the port cannot be had.
    """
    if socket.has_dualstack_ipv6():
        with suppress(OSError):  # compiled in and switched off; or the port is taken, as is found out below
            return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG)
    try:
        return socket.create_server(("", port), backlog=_BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise ConfigurationError(f"Nothing can be served on port {port} (PORT): {reason}.") from error
