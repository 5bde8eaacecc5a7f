"""The `django-rclone` program, started as a person or a container starts it."""
