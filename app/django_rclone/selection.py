"""Which backup is meant: the newest good one of this very database, and never somebody else's. Pure."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django_rclone import display, vocabulary
from django_rclone.catalog import Backup, State
from django_rclone.db.base import BaseConnector
from django_rclone.exceptions import ConfigurationError, NothingToRestore

logger = logging.getLogger("django_rclone")

AHEAD = timedelta(hours=1)
"""A backup that is dated later than this after now was made by a clock that was wrong (or ours is)."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose backups are meant: this project's, of this alias, which is this database on its server."""

    project: str
    alias: str
    name: str
    source: str = ""
    """Where the database is (see ``source.of``). It tells databases of one name apart where no project is named."""

    @staticmethod
    def of(project: str, connector: BaseConnector) -> Owner:
        """Returns the owner of a database's backups."""
        return Owner(project, connector.alias, connector.name, connector.source)

    def owns(self, backup: Backup) -> bool:
        """Tells whether a backup was made by this project under this alias (it may be of another database).

        What bears no project's name is not a named project's: it may be anybody's.
        """
        return backup.database == self.alias and backup.manifest.project == self.project

    def owns_exactly(self, backup: Backup) -> bool:
        """Tells whether a backup is of this very database; one without a manifest has only its alias to go by."""
        found = backup.manifest
        here = bool(self.project) or found.source in ("", self.source)
        return self.owns(backup) and found.name in ("", self.name) and here


def dated_ahead(backup: Backup, now: datetime) -> bool:
    """Tells whether a backup is dated later than it can have been made."""
    return backup.moment - now > AHEAD


def latest(
    backups: Sequence[Backup],
    owner: Owner,
    *,
    at: datetime | None = None,
    unverified: bool = False,
    now: datetime | None = None,
) -> Backup:
    """Returns the newest good backup of ``owner`` that was begun at or before ``at``.

    Raises NothingToRestore when there is none, and ConfigurationError when the remote holds several databases under
    this alias and nothing says which is ours. One that is dated after ``now`` is taken only when there is no other.
    Only with ``unverified``, and only when there is nothing better, an undocumented one is taken.
    """
    now = now or datetime.now(UTC)
    if at is not None and at - now > AHEAD:
        logger.warning(
            "--at %s is in the future (this machine's clock says %s): it means the newest backup.",
            *(display.utc(at), display.utc(now)),
        )
    under_alias = [one for one in backups if one.database == owner.alias and (at is None or one.moment <= at)]
    ours = [backup for backup in under_alias if owner.owns(backup)]
    good = _of_one_name([backup for backup in ours if backup.state is State.GOOD], owner)
    good = _timely(good, owner, now)
    if good:
        newest = _of_one_source(good, owner)
        for backup in under_alias:
            known = owner.owns(backup) or not backup.manifest.point
            if backup.state is State.DAMAGED and known and backup.moment > newest.moment:
                logger.warning("A newer backup of %s is damaged and left aside: %s.", owner.alias, backup.problem)
        return newest
    found = [backup for backup in under_alias if backup.state is State.UNVERIFIED]
    if found and unverified:
        return found[0]
    raise NothingToRestore(_why_nothing(under_alias, owner, at, found))


def _of_one_name(good: list[Backup], owner: Owner) -> list[Backup]:
    names = sorted({backup.manifest.name for backup in good})
    if len(names) < 2:
        if names and names[0] != owner.name:
            logger.warning(
                'Database "%s": its backups are of a database named "%s", not "%s".',
                *(owner.alias, names[0], owner.name),
            )
        return good
    if owner.name not in names:
        listed = ", ".join(f'"{name}"' + (f" of project {owner.project}" if owner.project else "") for name in names)
        setting = vocabulary.current().setting("PROJECT")
        raise ConfigurationError(
            f'Database "{owner.alias}": the remote holds backups of several databases under this alias ({listed}), '
            f'and none is named "{owner.name}". Name the one to restore with --input-path, or set {setting}.'
        )
    return [backup for backup in good if backup.manifest.name == owner.name]


def _timely(good: list[Backup], owner: Owner, now: datetime) -> list[Backup]:
    """Returns those that are not dated after now, and says which are; all of them where there is no other."""
    late = [backup for backup in good if dated_ahead(backup, now)]
    if not late:
        return good
    timely = [backup for backup in good if backup not in late]
    logger.warning(
        'Database "%s": %d backups are dated after now (%s), the newest %s, of %s: %s. A clock was wrong when they '
        "were made, or this machine's is wrong now.",
        *(owner.alias, len(late), display.utc(now), late[0].file, display.utc(late[0].moment)),
        "they are left aside; --input-path restores one" if timely else "there is no other",
    )
    return timely or good


def _of_one_source(good: list[Backup], owner: Owner) -> Backup:
    """Returns the newest, where it is beyond doubt that all are of one database, or that the newest is ours."""
    newest = good[0]
    if owner.project:
        return newest
    by_source: dict[str, Backup] = {}
    for backup in good:
        by_source.setdefault(backup.manifest.source or owner.source, backup)
    source = newest.manifest.source or owner.source
    if source != owner.source and len(by_source) > 1:
        listed = "; ".join(
            f"{one or 'a place that is not known'}: {backup.file} of {display.utc(backup.moment)}"
            for one, backup in by_source.items()
        )
        setting = vocabulary.current().setting("PROJECT")
        raise ConfigurationError(
            f'Database "{owner.alias}": the remote holds backups of "{newest.manifest.name}" from several servers, the '
            f"newest of each: {listed}. Nothing says which is ours ({owner.source or 'no server is known'}). Name the "
            f"one to restore with --input-path, or set {setting}."
        )
    if source != owner.source and source and owner.source:
        logger.warning(
            'Database "%s": %s is a backup of the database on %s; this one is on %s.',
            *(owner.alias, newest.file, source, owner.source),
        )
    return newest


def _why_nothing(backups: Sequence[Backup], owner: Owner, at: datetime | None, unverified: Sequence[Backup]) -> str:
    names = vocabulary.current()
    said = f'Database "{owner.alias}": there is no good backup' + (
        f" from before {at:%Y-%m-%d %H:%M:%S %Z}" if at else ""
    )
    known = [backup for backup in backups if owner.owns(backup) or not backup.manifest.point]
    damaged = [backup for backup in known if backup.state is State.DAMAGED]
    if damaged:
        said = f"{said}, and {len(damaged)} damaged ({damaged[0].problem})"
    good = [backup for backup in backups if backup.state is State.GOOD]
    others = sorted({backup.manifest.project for backup in good} - {owner.project, ""})
    if others:
        said = f"{said} of this project; the remote holds some of: {', '.join(others)}. {names.is_project_right}"
    nobodys = [backup for backup in good if owner.project and not backup.manifest.project]
    if nobodys:
        newest = nobodys[0]
        host = f", made on {newest.manifest.host}" if newest.manifest.host else ""
        some = f'{len(nobodys)} bear no project\'s name, the newest of "{newest.manifest.name}", of '
        said = said if others else f'{said} of the project "{owner.project}".'
        return (
            f"{said} {some}{display.utc(newest.moment)}{host}. If it is yours, restore it with "
            f"--input-path {newest.file}."
        )
    if unverified:
        return (
            f"{said.removesuffix('.')}, but {len(unverified)} without a manifest, the newest {unverified[0].file}. "
            f"Restore it with --input-path {unverified[0].file}, or with --unverified."
        )
    return said if others else f"{said}. See {names.list_command}."
