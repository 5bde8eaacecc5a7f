"""Faults that were mended, put back by name: the hunter must find each.

``python -m tests.hunter mutations`` hunts with each in turn; test_mutations.py walks straight to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def _replace(module: str, name: str, value: Any) -> None:
    """Puts something else in the place of what mends a fault; that must be there."""
    owner = import_module(f"django_rclone.{module}")
    *classes, attribute = name.split(".")
    for part in classes:
        owner = getattr(owner, part)
    getattr(owner, attribute)
    setattr(owner, attribute, value)


def shared_mirror() -> None:
    """Two projects with names have one mirror; the record is not asked whose it is, nor what may be deleted counted."""
    _replace("media_record", "mirror_folder", lambda _project, folder: folder.strip("/"))
    read = import_module("django_rclone.media.record_store").read
    _replace("media.mirror", "own_record", lambda remote, folder, _project: read(remote, folder))
    # A mirror that was made of another folder loses no more than half, which would catch the fault too.
    _replace("media.deletion_budget", "problem", lambda *_arguments, **_options: "")


def overlapping_folders() -> None:
    """The mirror may hold the backups of databases, which a sync then deletes."""
    _replace("folder_overlap", "of_backup_folders", lambda *_arguments: "")
    _replace("media.deletion_budget", "problem", lambda *_arguments, **_options: "")


def clock_ahead() -> None:
    """A backup that is dated later than now counts, and this run's own may go for it."""
    for module in ("clocks", "retention", "prune.planning"):
        _replace(module, "dated_ahead", lambda _backup, _now: False)
    decide = import_module("django_rclone.retention").decide
    _replace(
        "retention", "decide", lambda backups, policy, **options: decide(backups, policy, **options | {"new_id": ""})
    )


def adopted() -> None:
    """A project with a name takes the backups that bear none for its own."""

    def owns(owner: Any, backup: Any) -> bool:
        found = backup.manifest
        nobodys = not found.project and found.name in ("", owner.name)
        return backup.database == owner.alias and (found.project == owner.project or nobodys)

    _replace("selection", "Owner.owns", owns)


MUTATIONS: Mapping[str, Callable[[], None]] = {
    "shared-mirror": shared_mirror,
    "overlapping-folders": overlapping_folders,
    "clock-ahead": clock_ahead,
    "adopted": adopted,
}


def apply(name: str) -> None:
    """Puts a fault back into this process; an empty name is none."""
    if name:
        MUTATIONS[name]()
