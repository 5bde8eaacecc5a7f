"""The schedule, and the process that starts backups when they are due."""
