"""gunicorn's messages in our log."""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.glogging import Logger


class GunicornLogger(Logger):  # type: ignore[misc]
    """Passes every record to the root logger."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        # Starts and workers are not logged, only problems.
        self.error_log.setLevel(logging.WARNING)
        self.error_log.propagate = True
