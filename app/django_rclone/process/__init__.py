"""The only package that starts programs.

``run`` runs one program, ``pipe`` a stream through several, ``collect`` a stream that ends in output, and ``peek`` one
that may be read only in part. ``hold`` runs one in the background of a block. They are imported on first access: a
helper program starts faster without those that it does not use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_rclone.command import Attached, Command, Secret
    from django_rclone.process.limits import NO_LIMITS, Limits
    from django_rclone.process.run_beside import hold
    from django_rclone.process.run_pipeline import collect, peek, pipe
    from django_rclone.process.run_program import run

__all__ = ["NO_LIMITS", "Attached", "Command", "Limits", "Secret", "collect", "hold", "peek", "pipe", "run"]

_MODULES = {
    **dict.fromkeys(("Attached", "Command", "Secret"), "django_rclone.command"),
    **dict.fromkeys(("NO_LIMITS", "Limits"), "django_rclone.process.limits"),
    **dict.fromkeys(("collect", "peek", "pipe"), "django_rclone.process.run_pipeline"),
    "hold": "django_rclone.process.run_beside",
    "run": "django_rclone.process.run_program",
}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
