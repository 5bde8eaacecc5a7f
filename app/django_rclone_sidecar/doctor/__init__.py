"""Checks of everything that a backup and a restore need."""
