"""The page, ``/status``, ``/metrics`` and health, served read-only."""
