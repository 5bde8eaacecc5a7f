"""What the target project's settings say, without the target's packages, and never a guess.

``resolve`` is all that others need. The settings module is loaded in a child process (``loader``, ``child``). There,
packages that are not here become stand-ins (``finder``, ``standin``), statements may fail one by one (``tolerance``),
and everything unknown that took part is recorded (``record``). A value is given out only when it carries no mark of
the unknown (``values``) and nothing unknown can have chosen it (``slicing``, ``doubt``). Last, the settings are
loaded again with all unknown decisions taken the other way, and must come out the same (``loader``).

Environment variables are known one by one (``environment``); calls that may have set some are found (``effects``), and
so are functions that write into other modules (``writers``). What the machine decides is not known (``machine``).
"""

from collections.abc import Mapping

from django_rclone_sidecar.target_project.model import Target

__all__ = ["Target", "resolve"]


def resolve(environ: Mapping[str, str]) -> Target:
    """Returns the target that the environment names; see ``sources.resolve``. Raises ConfigurationError."""
    # The child process lives in this package too, and starts in half the time without what asks it.
    from django_rclone_sidecar.target_project import sources  # noqa: PLC0415

    return sources.resolve(environ)
