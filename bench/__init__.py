"""Figures, not tests: `python -m bench` prints what backups cost. Nothing here can fail for being slow."""
