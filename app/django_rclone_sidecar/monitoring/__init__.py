"""The state of all backups, and the metrics made from it."""
