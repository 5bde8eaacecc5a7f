"""The schedule: when backups are due, and the process that starts them."""
