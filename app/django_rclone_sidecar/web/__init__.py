"""The web server: status page, ``/status``, ``/metrics`` and health, all read-only."""
