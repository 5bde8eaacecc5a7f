"""Backups of Django's databases and media files, streamed to any rclone backend, and their restore."""

__version__ = "1.0.0"

DOCUMENTATION = "https://django-rclone.readthedocs.io/"


def see_documentation(page: str) -> str:
    """Returns the end of a message that refers to a page or a section of the documentation, by its title."""
    return f'See "{page}" in the documentation: {DOCUMENTATION}'
