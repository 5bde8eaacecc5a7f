"""Runs: their steps, the lock, and their observers."""
