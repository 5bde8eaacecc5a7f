"""rclone: its command lines, its configuration, and typed answers from it."""
