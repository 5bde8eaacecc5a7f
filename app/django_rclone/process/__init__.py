"""The only package that starts programs.

``run`` runs one program, ``pipe`` a stream through several, ``collect`` a stream that ends in output, and ``peek`` one
that may be read only in part. ``hold`` runs one in the background of a block.
"""

from __future__ import annotations

from django_rclone.command import Attached, Command, Secret
from django_rclone.process.hold import hold
from django_rclone.process.limits import NO_LIMITS, Limits
from django_rclone.process.run_pipeline import collect, peek, pipe
from django_rclone.process.run_program import run

__all__ = ["NO_LIMITS", "Attached", "Command", "Limits", "Secret", "collect", "hold", "peek", "pipe", "run"]
