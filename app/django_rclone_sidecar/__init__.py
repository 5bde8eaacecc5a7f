"""The backup sidecar: the verbs of the image and of the ``django-rclone`` program, around any Django project."""
