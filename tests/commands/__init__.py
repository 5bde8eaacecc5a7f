"""Backups, restores and pruning as whole recipes and by the management commands, in this process."""
