"""Command lines for rclone, its configuration, and its answers as typed values."""
