"""Command lines for rclone, its configuration, and its output as typed values."""
