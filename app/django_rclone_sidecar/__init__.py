"""The backup sidecar: the commands of the image and of the ``django-rclone`` program, around any Django project."""
