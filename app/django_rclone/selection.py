"""Selection of the backup to restore: the newest good one of exactly this database. Pure."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django_rclone import clocks, display, setting_names
from django_rclone.catalog import Backup, BackupState
from django_rclone.db.base import BaseConnector
from django_rclone.exceptions import ConfigurationError, NothingToRestore

logger = logging.getLogger("django_rclone")


@dataclass(frozen=True, slots=True)
class Owner:
    """Owner of backups: a project, an alias, and the database behind it on its server."""

    project: str
    alias: str
    name: str
    source: str = ""
    """Location of the database; see ``source_identity.describe``. Without a project, it distinguishes databases of the
    same name."""

    @staticmethod
    def of(project: str, connector: BaseConnector) -> Owner:
        """Returns the owner of a database's backups."""
        return Owner(project, connector.alias, connector.name, connector.source)

    def owns(self, backup: Backup) -> bool:
        """Returns whether a backup was made by this project under this alias. It may be of another database.

        A backup without a project's name does not belong to a project with a name: its owner is unknown.
        """
        return backup.database == self.alias and backup.manifest.project == self.project

    def owns_exactly(self, backup: Backup) -> bool:
        """Returns whether a backup is of exactly this database. Without a manifest, only the alias is compared."""
        manifest = backup.manifest
        same_source = bool(self.project) or manifest.source in ("", self.source)
        return self.owns(backup) and manifest.name in ("", self.name) and same_source


def latest(
    backups: Sequence[Backup],
    owner: Owner,
    *,
    at: datetime | None = None,
    unverified: bool = False,
    now: datetime | None = None,
) -> Backup:
    """Returns the newest good backup of ``owner`` that was started at or before ``at``.

    A backup dated after ``now`` is returned only if there is no other good one, and an unverified backup only with
    ``unverified`` and if there is no good one. Raises NothingToRestore if there is none, and ConfigurationError if the
    remote holds backups of several databases under this alias and the owner's cannot be determined.
    """
    now = now or datetime.now(UTC)
    if at is not None and at - now > clocks.AHEAD:
        logger.warning(
            "--at %s is in the future (this machine's clock says %s): the newest backup is used.",
            *(display.utc(at), display.utc(now)),
        )
    under_alias = [one for one in backups if one.database == owner.alias and (at is None or one.moment <= at)]
    ours = [backup for backup in under_alias if owner.owns(backup)]
    good = _of_one_name([backup for backup in ours if backup.state is BackupState.GOOD], owner)
    good = _without_future(good, owner, now)
    if good:
        newest = _of_one_source(good, owner)
        for backup in under_alias:
            if _is_unusable(backup, owner) and backup.moment > newest.moment:
                state = "is damaged" if backup.state is BackupState.DAMAGED else "failed its verification"
                logger.warning("A newer backup of %s %s and is skipped: %s.", owner.alias, state, backup.problem)
        return newest
    candidates = [backup for backup in under_alias if backup.state is BackupState.UNVERIFIED]
    if candidates and unverified:
        return candidates[0]
    raise NothingToRestore(_why_nothing(under_alias, owner, at))


def _is_unusable(backup: Backup, owner: Owner) -> bool:
    """Returns whether a backup, which may be the owner's, is damaged or failed its verification."""
    relevant = owner.owns(backup) or not backup.manifest.point
    return relevant and backup.state in (BackupState.DAMAGED, BackupState.FAILED)


def _of_one_name(good: list[Backup], owner: Owner) -> list[Backup]:
    """Returns the backups of the owner's database. Raises ConfigurationError if there are backups of several others."""
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
        setting = setting_names.current().setting("PROJECT")
        raise ConfigurationError(
            f'Database "{owner.alias}": the remote holds backups of several databases under this alias ({listed}), '
            f'and none is named "{owner.name}". Choose one with --input-path, or set {setting}.'
        )
    return [backup for backup in good if backup.manifest.name == owner.name]


def _without_future(good: list[Backup], owner: Owner, now: datetime) -> list[Backup]:
    """Returns the backups that are not dated in the future, or all if there are no others. Warns of the rest."""
    in_future = [backup for backup in good if clocks.dated_ahead(backup, now)]
    if not in_future:
        return good
    past = [backup for backup in good if backup not in in_future]
    logger.warning(
        'Database "%s": %d backups are dated in the future (it is %s now), the newest %s, of %s: %s. A clock was wrong '
        "when they were made, or this machine's is wrong now.",
        *(owner.alias, len(in_future), display.utc(now), in_future[0].file, display.utc(in_future[0].moment)),
        "they are skipped; --input-path restores one" if past else "there is no other",
    )
    return past or good


def _of_one_source(good: list[Backup], owner: Owner) -> Backup:
    """Returns the newest backup. Raises ConfigurationError if it is from another server and several have backups."""
    newest = good[0]
    if owner.project:
        return newest
    by_source: dict[str, Backup] = {}
    for backup in good:
        by_source.setdefault(backup.manifest.source or owner.source, backup)
    source = newest.manifest.source or owner.source
    if source != owner.source and len(by_source) > 1:
        listed = "; ".join(
            f"{server or 'unknown server'}: {backup.file} of {display.utc(backup.moment)}"
            for server, backup in by_source.items()
        )
        setting = setting_names.current().setting("PROJECT")
        raise ConfigurationError(
            f'Database "{owner.alias}": the remote holds backups of "{newest.manifest.name}" from several servers, the '
            f"newest of each: {listed}. It is not clear which belong to this database (on "
            f"{owner.source or 'an unknown server'}). Choose one with --input-path, or set {setting}."
        )
    if source != owner.source and source and owner.source:
        logger.warning(
            'Database "%s": %s is a backup of the database on %s; this one is on %s.',
            *(owner.alias, newest.file, source, owner.source),
        )
    return newest


def _why_nothing(backups: Sequence[Backup], owner: Owner, at: datetime | None) -> str:
    """Returns the error for ``backups``, none of which can be restored, with advice on what to do."""
    names = setting_names.current()
    problem = f'Database "{owner.alias}": there is no good backup'
    if at:
        problem += f" from before {at:%Y-%m-%d %H:%M:%S %Z}"
    unusable = [backup for backup in backups if _is_unusable(backup, owner)]
    for state in (BackupState.DAMAGED, BackupState.FAILED):
        if found := [backup for backup in unusable if backup.state is state]:
            problem += f", and {len(found)} {state} ({found[0].problem})"
    good = [backup for backup in backups if backup.state is BackupState.GOOD]
    other_projects = sorted({backup.manifest.project for backup in good} - {owner.project, ""})
    if other_projects:
        problem += f" of this project; the remote holds some of: {', '.join(other_projects)}. {names.is_project_right}"
    unnamed = [backup for backup in good if owner.project and not backup.manifest.project]
    if unnamed:
        problem += "" if other_projects else f' of the project "{owner.project}".'
        return f"{problem} {_unnamed_advice(unnamed)}"
    unverified = [backup for backup in backups if backup.state is BackupState.UNVERIFIED]
    if unverified:
        return (
            f"{problem.removesuffix('.')}, but {len(unverified)} without a manifest, the newest {unverified[0].file}. "
            f"Restore it with --input-path {unverified[0].file}, or with --unverified."
        )
    return problem if other_projects else f"{problem}. See {names.list_command}."


def _unnamed_advice(unnamed: Sequence[Backup]) -> str:
    newest = unnamed[0]
    host = f", made on {newest.manifest.host}" if newest.manifest.host else ""
    return (
        f'{len(unnamed)} have no project name, the newest of "{newest.manifest.name}", of '
        f"{display.utc(newest.moment)}{host}. If it is yours, restore it with --input-path {newest.file}."
    )
