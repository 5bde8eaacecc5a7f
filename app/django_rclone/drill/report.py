"""The report for auditors: every recorded verification of each database, as Markdown or JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django_rclone import __version__, display
from django_rclone.catalog import Backup, BackupState
from django_rclone.layout.manifest import format_time
from django_rclone.layout.verification_record import VerificationRecord

SCHEMA = 1
_MOST_DIFFERENCES = 20


@dataclass(frozen=True, slots=True)
class DatabaseReport:
    """The backups and verifications of one database."""

    alias: str
    engine: str
    backups: Sequence[Backup]
    """Those with a manifest, newest first."""
    verifications: Sequence[tuple[Backup, VerificationRecord]]
    """Newest first."""

    @property
    def newest(self) -> Backup | None:
        """The newest good backup: the recovery point."""
        return next((backup for backup in self.backups if backup.state is BackupState.GOOD), None)

    @property
    def last_drill(self) -> tuple[Backup, VerificationRecord] | None:
        """The newest successful drill."""
        return next(((backup, each) for backup, each in self.verifications if each.passed and each.drill), None)


def document(databases: Sequence[DatabaseReport], project: str, now: datetime) -> dict[str, Any]:
    """Returns the report as a JSON object."""
    return {
        "schema": SCHEMA,
        "made_at": format_time(now),
        "django_rclone": __version__,
        "project": project,
        "databases": [_database_document(each, now) for each in databases],
    }


def _database_document(database: DatabaseReport, now: datetime) -> dict[str, Any]:
    newest, last = database.newest, database.last_drill
    drill = last[1].drill if last else None
    return {
        "database": database.alias,
        "engine": database.engine,
        "backups": len(database.backups),
        "recovery_point": _backup_document(newest) if newest else None,
        "recovery_point_age_seconds": _age(newest, now) if newest else None,
        "recovery_seconds": drill.recovery_seconds if drill else None,
        "verifications": [_verification_document(*pair) for pair in database.verifications],
    }


def _age(backup: Backup, now: datetime) -> float:
    return max((now - backup.moment).total_seconds(), 0)


def _backup_document(backup: Backup) -> dict[str, Any]:
    return {
        "id": backup.id,
        "path": backup.path,
        "when": format_time(backup.moment),
        "bytes": backup.size,
        "sha256": backup.manifest.objects[0].sha256,
        "state": backup.state.value,
    }


def _verification_document(backup: Backup, record: VerificationRecord) -> dict[str, Any]:
    return {
        "verified_at": format_time(record.verified_at),
        "level": record.level.value,
        "outcome": record.outcome.value,
        "problem": record.problem,
        "seconds": record.seconds,
        "host": record.host,
        "django_rclone": record.django_rclone,
        "backup": _backup_document(backup),
        "recovery_point_age_seconds": _age(backup, record.verified_at),
        "drill": record.drill.to_document() if record.drill else None,
    }


def markdown(databases: Sequence[DatabaseReport], project: str, now: datetime) -> str:
    """Returns the report as a page in Markdown."""
    about = f"Project {_cell(project)}. " if project else ""
    lines = [
        "# Verification of backups",
        "",
        f"{about}Made {display.utc(now)} by django-rclone {__version__}, from the records on the remote.",
    ]
    for database in databases:
        lines += ["", f"## Database {_cell(database.alias)} ({_cell(database.engine)})", "", *_database(database, now)]
    return "\n".join(lines)


def _database(database: DatabaseReport, now: datetime) -> Iterator[str]:
    yield from _points(database, now)
    yield ""
    if not database.verifications:
        yield "No verification is recorded."
        return
    yield from _table(
        ("verified", "level", "result", "equal", "backup", "made", "size", "restored in", "took", "tables", "rows"),
        [_row(*pair) for pair in database.verifications],
    )
    for backup, record in database.verifications:
        yield from _details(backup, record)


def _points(database: DatabaseReport, now: datetime) -> Iterator[str]:
    newest, last = database.newest, database.last_drill
    if newest is None:
        yield "- Recovery point: none. There is no good backup."
    else:
        made, age = display.utc(newest.moment), display.age(now - newest.moment)
        yield f"- Recovery point: {made}, {age} ago (backup {_cell(newest.id)}, {display.size(newest.size)})."
    drill = last[1].drill if last else None
    if last is None or drill is None or drill.recovery_seconds is None:
        yield "- Recovery time: not known. No drill has succeeded."
    else:
        took, when = display.duration(drill.recovery_seconds), display.utc(last[1].verified_at)
        yield f"- Recovery time: {took} (drill of {when}, to {_cell(drill.where)})."


def _row(backup: Backup, record: VerificationRecord) -> tuple[str, ...]:
    drill = record.drill
    took = drill.recovery_seconds if drill else None
    return (
        display.utc(record.verified_at),
        record.level.value,
        record.outcome.value,
        ("yes" if drill.equal else "no") if drill else "-",
        backup.id,
        display.utc(backup.moment),
        display.size(backup.size),
        display.duration(took) if took is not None else "-",
        display.duration(record.seconds),
        f"{drill.tables:,}" if drill else "-",
        f"{drill.rows:,}" if drill else "-",
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (header, ["---"] * len(header), *rows):
        yield f"| {' | '.join(_cell(value) for value in row)} |"


def _details(backup: Backup, record: VerificationRecord) -> Iterator[str]:
    drill = record.drill
    found = [record.problem] if record.problem else []
    if drill and drill.differences:
        found = list(drill.differences)
    notes = drill.notes if drill else ()
    if not found and not notes and not (drill and drill.assertions):
        return
    yield ""
    yield f"{display.utc(record.verified_at)}, backup {_cell(backup.id)}:"
    yield ""
    for sentence in found[:_MOST_DIFFERENCES]:
        yield f"- Failed: {_cell(sentence)}"
    if len(found) > _MOST_DIFFERENCES:
        yield f"- Failed: {len(found) - _MOST_DIFFERENCES} more differences"
    if drill and drill.assertions:
        yield f"- {drill.assertions} assertions hold."
    for note in notes:
        yield f"- {_cell(note)}"


def _cell(text: str) -> str:
    """Returns text for one line of Markdown, in which nothing is markup."""
    line = display.one_line(text)
    return "".join(f"\\{character}" if character in "\\`*_[]<>|#" else character for character in line)
