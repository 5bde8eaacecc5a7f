"""Checks that the object of a SQLite backup is complete: a file by ``integrity_check``, text by its end."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from django_rclone.command import Explanation
from django_rclone.db.base import ReadCheck
from django_rclone.db.sqlite.commands import program
from django_rclone.db.sqlite.errors import explainer
from django_rclone.db.sqlite.restore import stage_path
from django_rclone.exceptions import DjangoRcloneError, ProgramFailed, VerificationFailed

_DAMAGED = re.compile(r"(?:Damaged|SQLITE_CORRUPT\w*|SQLITE_NOTADB): (.*)")


def of_file(alias: str, path: str, size: int) -> ReadCheck:
    """Returns the check of a database file of ``size`` bytes. SQLite cannot read a pipe, so it is copied to the folder
    for temporary files (TMPDIR) and removed afterwards."""
    target = str(Path(tempfile.gettempdir()).resolve() / "django-rclone-verification")
    stage = stage_path(target)
    explain = _explainer(alias, path)
    return ReadCheck(
        prepare=(
            program("stage", "scratch", target, stage, str(size), explain=explainer(alias, path, "Verification")),
        ),
        programs=(program("stage", "load", stage, explain=explain),),
        finish=(program("check_stage", stage, explain=explain, is_loader=True),),
        cleanup=(program("stage", "abort", stage, explain=explainer(alias, stage, "Removal")),),
    )


def of_text(alias: str, path: str) -> ReadCheck:
    """Returns the check of SQL text."""
    return ReadCheck((program("check_text", explain=_explainer(alias, path)),))


def _explainer(alias: str, path: str) -> Explanation:
    otherwise = explainer(alias, path, "Verification")

    def explain(failure: ProgramFailed) -> DjangoRcloneError:
        for line in failure.stderr.splitlines():
            if match := _DAMAGED.fullmatch(line.strip()):
                return VerificationFailed(f'Database "{alias}": the backup is damaged: {match[1]}')
        return otherwise(failure)

    return explain
