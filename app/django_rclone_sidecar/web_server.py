"""How gunicorn is started."""

from __future__ import annotations

import os

from django_rclone_sidecar import ourselves

_MEMORY = "/dev/shm"  # noqa: S108 - gunicorn makes its files there unseen


def argv(port: int) -> tuple[str, ...]:
    """Returns the command line of the web server: one worker, whose threads wait for slow readers."""
    beats = ("--worker-tmp-dir", _MEMORY) if os.access(_MEMORY, os.W_OK) else ()
    return ourselves.module(
        "gunicorn",
        *("--bind", f"0.0.0.0:{port}", "--workers", "1", "--worker-class", "gthread", "--threads", "4"),
        *("--graceful-timeout", "2", "--no-control-socket", "--log-level", "warning", *beats),
        "django_rclone_sidecar.web:application",
    )
