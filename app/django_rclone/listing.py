"""Lists of backups and media files, as tables for people and as JSON for programs. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django_rclone import display
from django_rclone.catalog import Backup
from django_rclone.clocks import dated_ahead
from django_rclone.layout.verification_paths import VerificationName
from django_rclone.rclone.entries import Entry
from django_rclone.retention import NO_POLICY, Decision, Policy

HEADER = ("id", "database", "engine", "when", "age", "size", "compression", "state", "path")
RECOVERY = "restored in"
DECISIONS_HEADER = ("action", "when", "size", "state", "path", "reasons")
MEDIA_HEADER = ("path", "size", "modified")


def table(backups: list[Backup], now: datetime) -> list[str]:
    """Returns the lines of a table of backups. It has the recovery time of drills if there is one."""
    rows = [_row(backup, now) for backup in backups]
    if all(backup.recovery_seconds is None for backup in backups):
        return display.table(HEADER, rows, right=(4, 5))
    times = [display.duration(each.recovery_seconds) if each.recovery_seconds is not None else "-" for each in backups]
    header = (*HEADER[:-1], RECOVERY, HEADER[-1])
    with_times = [(*row[:-1], took, row[-1]) for row, took in zip(rows, times, strict=True)]
    return display.table(header, with_times, right=(4, 5, len(HEADER) - 1))


def _row(backup: Backup, now: datetime) -> tuple[str, ...]:
    manifest = backup.manifest
    return (
        backup.id or "-",
        backup.database or "-",
        manifest.engine or "-",
        display.moment(backup.moment),
        display.age(now - backup.moment),
        display.size(backup.size),
        manifest.compression or "-",
        backup.state.value,
        backup.file,
    )


def remarks(backups: Iterable[Backup], now: datetime) -> Iterator[str]:
    """Yields a line for each backup that has a problem or is dated in the future."""
    for backup in backups:
        if backup.problem:
            yield display.one_line(f"{backup.path}: {backup.state}: {backup.problem}.")
        elif dated_ahead(backup, now):
            yield display.one_line(
                f"{backup.path}: dated in the future (it is {display.utc(now)} now): a clock was wrong. It is not "
                "used as the latest backup, and retention does not count it."
            )


def document(backup: Backup) -> dict[str, Any]:
    """Returns a backup as a JSON object."""
    manifest = backup.manifest
    return {
        "id": backup.id,
        "database": backup.database,
        "project": manifest.project,
        "engine": manifest.engine,
        "name": manifest.name,
        "when": backup.moment.isoformat(),
        "bytes": backup.size,
        "compression": manifest.compression,
        "state": backup.state.value,
        "problem": backup.problem,
        "path": backup.path,
        "sha256": manifest.objects[0].sha256,
        "verification": verification_document(backup.verifications[0]) if backup.verifications else None,
        "recovery_seconds": backup.recovery_seconds,
    }


def verification_document(name: VerificationName) -> dict[str, Any]:
    """Returns a verification, as its record's name describes it, as a JSON object."""
    return {
        "level": name.level.value,
        "outcome": name.outcome.value,
        "verified_at": display.utc(name.verified_at),
    }


def to_json(backups: list[Backup]) -> str:
    """Returns backups as a JSON array."""
    return json.dumps([document(backup) for backup in backups], indent=2)


def plan(alias: str, policy: Policy | None, decisions: Sequence[Decision]) -> list[str]:
    """Returns the lines that show what retention keeps and removes of a database, and why."""
    kept = sum(decision.keep for decision in decisions)
    title = f'Database "{alias}" ({policy or NO_POLICY}): {kept} kept, {len(decisions) - kept} would be removed.'
    rows = [
        (
            action(decision),
            display.moment(decision.backup.moment),
            display.size(decision.backup.size),
            decision.backup.state.value,
            decision.backup.file,
            ", ".join(decision.reasons),
        )
        for decision in decisions
    ]
    return [display.one_line(title), *(display.table(DECISIONS_HEADER, rows, right=(2,)) if rows else ())]


def action(decision: Decision) -> str:
    """Returns the decision about a backup in one word."""
    return "keep" if decision.keep else "remove"


def decision_document(decision: Decision) -> dict[str, Any]:
    """Returns a backup that retention keeps or removes as a JSON object, with the reasons."""
    return {**document(decision.backup), "reasons": list(decision.reasons)}


def media_table(files: list[Entry]) -> list[str]:
    """Returns the lines of a table of media files, with their number and total size at the end."""
    rows = [(file.path, display.size(file.size), display.moment(file.modified)) for file in files]
    total = f"{len(files)} files, {display.size(sum(file.size for file in files))}"
    return [*display.table(MEDIA_HEADER, rows, right=(1,)), total]


def media_document(file: Entry) -> dict[str, Any]:
    """Returns a media file as a JSON object."""
    return {"path": file.path, "bytes": file.size, "modified": file.modified.isoformat()}


def media_to_json(files: list[Entry]) -> str:
    """Returns media files as a JSON array."""
    return json.dumps([media_document(file) for file in files], indent=2)
