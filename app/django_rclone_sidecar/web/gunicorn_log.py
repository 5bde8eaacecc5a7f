"""gunicorn's own messages, in the form of our log."""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.glogging import Logger


class Log(Logger):  # type: ignore[misc]
    """Hands everything on to the root logger, which has been set up."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        # Of its starts and workers only what goes wrong is news.
        self.error_log.setLevel(logging.WARNING)
        self.error_log.propagate = True
