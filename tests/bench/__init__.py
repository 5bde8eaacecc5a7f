"""Figures, not tests: `python -m tests.bench` prints what backups cost. Nothing here can fail for being slow."""
