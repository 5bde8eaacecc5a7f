"""Settings of the project to back up: databases, media and time zone.

``resolve`` is the only entry point. ``sources`` chooses between a JSON file (``json_file``), the project's settings
module (``settings_loader``) and URLs (``database_urls``); ``normalize`` maps the engines to those of this container.
"""

from collections.abc import Mapping

from django_rclone_sidecar.target_project.model import Target

__all__ = ["Target", "resolve"]


def resolve(environ: Mapping[str, str]) -> Target:
    """Returns the target that the environment names; see ``sources.resolve``. Raises ConfigurationError."""
    # Imported late: the loader's child process imports this package too, and starts in half the time without it.
    from django_rclone_sidecar.target_project import sources  # noqa: PLC0415

    return sources.resolve(environ)
