"""gunicorn for the WSGI application.

All options are set here: a container that shares its variables with the web container may have GUNICORN_CMD_ARGS or
WEB_CONCURRENCY, which are not meant for the sidecar.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Any

from gunicorn.app.base import BaseApplication

from django_rclone.exceptions import ConfigurationError
from django_rclone_sidecar.memory_folder import memory_folder

_BACKLOG = 512


class WebServer(BaseApplication):  # type: ignore[misc]
    """gunicorn with our options. It takes over the socket."""

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
    """Returns gunicorn's options. gunicorn owns the socket from now on."""
    return {
        "bind": [f"fd://{listener.detach()}"],
        "workers": 1,
        "worker_class": "django_rclone_sidecar.web.worker.Worker",
        "threads": 4,
        # Shares the memory of both processes.
        "preload_app": True,
        "graceful_timeout": 3,
        # The worker's heartbeat file, in memory: a slow disk must not look like a dead worker.
        "worker_tmp_dir": str(memory_folder()),
        "control_socket_disable": True,
        "accesslog": None,
        "errorlog": None,
        "logger_class": "django_rclone_sidecar.web.gunicorn_log.GunicornLogger",
        "proc_name": "django-rclone web",
    }


def listen(port: int) -> socket.socket:
    """Returns a socket for IPv6 and IPv4, or IPv4 alone without IPv6.

    Raises ConfigurationError if the port is not available.
    """
    if socket.has_dualstack_ipv6():
        with suppress(OSError):  # IPv6 is disabled, or the port is taken, which is reported below
            return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG)
    try:
        return socket.create_server(("", port), backlog=_BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise ConfigurationError(f"Cannot listen on port {port} (PORT): {reason}.") from error
