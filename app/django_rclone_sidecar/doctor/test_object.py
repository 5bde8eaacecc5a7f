"""The small object that the doctor writes to the remote. It stays there if the remote denies deletes."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta

from django_rclone.layout import backup_ids
from django_rclone.rclone.entries import Entry
from django_rclone.rclone.remote import Remote

CONTENT = b"A test of django-rclone's doctor. It may be deleted.\n"

_NAME = re.compile(rf"doctor-{backup_ids.PATTERN}\.txt")

_IN_USE = timedelta(hours=24)
"""Age until which a doctor may still be running."""


def new_name() -> str:
    """Returns a name for a test object, relative to the remote's root."""
    return f"doctor-{backup_ids.new_id(random.SystemRandom())}.txt"


def left_over(remote: Remote, now: datetime) -> list[str]:
    """Returns the test objects of earlier doctors, by their names, sizes and ages."""
    return sorted(entry.path for entry in remote.files("") if _is_left_over(entry, now))


def _is_left_over(entry: Entry, now: datetime) -> bool:
    named = _NAME.fullmatch(entry.path) is not None
    return named and entry.size == len(CONTENT) and now - entry.modified > _IN_USE
