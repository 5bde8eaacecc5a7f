"""The app's messages name its own commands and settings: here those have other names. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_OURS: Mapping[str, str] = {
    r"`listbackups`": "`list`",
    r"`dbbackup --clean`": "`prune`",
    r'DJANGO_RCLONE\["REMOTE"\] is not set\. Say where backups go, for instance .*': "BACKUP_REMOTE is not set.",
    r'DJANGO_RCLONE\["REMOTE"\]': "BACKUP_REMOTE",
    r"\b[Cc]heck REMOTE\b": "Check BACKUP_REMOTE",
    r"\bbelow REMOTE\b": "below BACKUP_REMOTE",
    r"(?<!project's )\b(DJANGO_RCLONE\b(?! =))": r"the project's \1",
    r"(?<!project's )\bRCLONE_FLAGS\b": "the project's RCLONE_FLAGS",
    # An option of one database is in the project's settings, where there are any; PATH is everywhere.
    r"set RCLONE_BINARY(?=[.,])": "put it on PATH",
    r"set BINARY_DIR(?: in DATABASE_OPTIONS to the folder that it is in)?(?=[.,])": "put it on PATH",
    r"(?<!project's )\b(DATABASE_OPTIONS) has\b": r"the project's \1 has",
    r"\b([Ss]et (?:FORMAT to \"\w+\"|SPOOL))(?: in DATABASE_OPTIONS)?(?! in the project)": (
        r"\1 in the project's DATABASE_OPTIONS"
    ),
    r"\b([Cc]heck|[Cc]orrect) ((?:(?:NAME|HOST|PORT|USER|PASSWORD|AUTH_SOURCE|OPTIONS)(?:, | and )?)+)(?=[.,])": (
        r"\1 DATABASE_URL, or \2 in the project's settings"
    ),
    r"\bset PROJECT\b": "set BACKUP_PROJECT",
    r"\bwith PROJECT set\b": "with BACKUP_PROJECT set",
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
