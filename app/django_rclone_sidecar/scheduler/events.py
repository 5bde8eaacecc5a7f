"""Log lines of the scheduler, each with the name of its event."""

from __future__ import annotations

import logging

logger = logging.getLogger("django_rclone_sidecar.scheduler")


def log(event: str, message: str, *values: object) -> None:
    """Logs an event."""
    logger.info(message, *values, extra={"event": event})
