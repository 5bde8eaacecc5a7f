"""The app's messages name its own commands and settings: here those have other names. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_OURS: Mapping[str, str] = {
    r"`listbackups`": "`list`",
    r"\bCheck REMOTE\b": "Check BACKUP_REMOTE",
    r"\bset PROJECT\b": "set BACKUP_PROJECT",
    r"\bIs PROJECT right\?": "Is BACKUP_PROJECT right, or do you mean --from-project?",
    r"\(TIMEOUT\)": "(BACKUP_TIMEOUT)",
    r"\(STALL_TIMEOUT\)": "(BACKUP_STALL_TIMEOUT)",
    r"\bSee it whole with --traceback\.": "BACKUP_LOG_LEVEL=debug shows where.",
    r"\bsay --allow-(empty|deletes)\b": r"say media-backup --allow-\1",
    r"\(MEDIA_FOLLOW_LINKS\)": "(BACKUP_MEDIA_FOLLOW_LINKS)",
    r"\bSet PROJECT, or another MEDIA_BACKUP_DIR\b": "Set BACKUP_PROJECT",
    r"\bset a PROJECT\b": "set a BACKUP_PROJECT",
}


def ours(text: str) -> str:
    """Returns a message as somebody reads it who uses the sidecar."""
    for theirs, word in _OURS.items():
        text = re.sub(theirs, word, text)
    return text
