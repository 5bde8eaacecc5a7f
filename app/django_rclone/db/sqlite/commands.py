"""Commands for our SQLite programs, which need nothing but the standard library."""

from __future__ import annotations

from pathlib import Path

from django_rclone.command import Command, Explanation
from django_rclone.db.helper_programs import script_command

_PROGRAMS = Path(__file__).parent / "programs"


def program(name: str, *arguments: str, explain: Explanation, is_loader: bool = False) -> Command:
    """Returns the command for one of our programs."""
    return script_command(_PROGRAMS / f"{name}.py", *arguments, explain=explain, is_loader=is_loader)
