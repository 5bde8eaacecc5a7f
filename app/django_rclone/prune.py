"""The recipe of pruning: removes old backups and leftovers of interrupted runs, once a newer backup is confirmed."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from django_rclone import anomaly, catalog, conf, display, retention, setting_names
from django_rclone.catalog import Backup, BackupState
from django_rclone.clocks import dated_ahead
from django_rclone.exceptions import DjangoRcloneError, Interrupted
from django_rclone.layout.folders import MANIFEST_DIR
from django_rclone.layout.manifest import Manifest
from django_rclone.layout.manifest_paths import ManifestName, parse_manifest_name
from django_rclone.layout.object_paths import Scheme, object_path_problem, path_problem
from django_rclone.rclone.errors import AccessDenied
from django_rclone.rclone.remote import Remote
from django_rclone.retention import Decision, Policy
from django_rclone.selection import Owner

logger = logging.getLogger("django_rclone")

_COMPARED = 4 * anomaly.HISTORY
"""Number of manifests to read for a comparison. Some may be of other projects, or of another format."""

_UNTOUCHED = "Nothing was removed. Check rclone's configuration and environment for filters that hide files."


@dataclass(frozen=True, slots=True)
class Pruning:
    """The backups of one owner on a remote, and the policy."""

    remote: Remote
    names: Scheme
    owner: Owner
    policy: Policy | None
    """Rules of retention. None keeps all, and removes only leftovers of interrupted runs."""
    now: datetime
    timeout: float | None
    """Longest duration of a run, in seconds: newer leftovers may belong to a run that has not ended."""
    new_id: str = ""
    """Id of the backup that this run has made; empty if it made none."""
    force: bool = False
    """Whether more than half of the backups may be removed at once, and any while the newest is unusual."""
    zone: tzinfo = field(default_factory=conf.time_zone)
    """Time zone of the policy's calendar."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pruning would do: a decision for each backup, newest first, and leftovers of interrupted runs."""

    decisions: tuple[Decision, ...]
    leftovers: tuple[Decision, ...] = ()
    anomaly: str = ""
    """How the newest good backup differs from those before it; empty if it is normal. See ``anomaly.problem``."""

    @property
    def removes_backups(self) -> bool:
        """Whether backups would be removed, not only leftovers of interrupted runs."""
        return any(not decision.keep for decision in self.decisions)

    @property
    def removed(self) -> list[Decision]:
        """The backups to remove, oldest first, then the leftovers of interrupted runs."""
        return [*(decision for decision in reversed(self.decisions) if not decision.keep), *self.leftovers]

    @property
    def removes_most(self) -> bool:
        """Whether more than half of the backups would be removed, which needs consent."""
        return retention.removes_most(self.decisions)


def configured_policy(*, default: bool = False) -> Policy | None:
    """Returns the policy of the settings: RETENTION, else the newest DB_CLEANUP_KEEP backups.

    Returns None if neither is set, unless ``default``: then DB_CLEANUP_KEEP has its default.
    """
    if rules := conf.retention():
        return Policy.of(rules)
    if default or "DB_CLEANUP_KEEP" in conf.configured():
        return Policy(last=conf.get("DB_CLEANUP_KEEP"))
    return None


def prune(pruning: Pruning) -> Iterator[Backup]:
    """Removes the backups that retention does not keep, and yields each one after its removal.

    Raises DjangoRcloneError, and removes nothing, if the newest backup is unusual, or if more than half would be
    removed, without ``force``.
    """
    for decision in carry_out(pruning, plan(pruning)):
        yield decision.backup


def carry_out(pruning: Pruning, planned: Plan) -> Iterator[Decision]:
    """Removes what a plan removes, as ``prune`` does."""
    if held := _held(pruning, planned):
        raise DjangoRcloneError(
            f"{held} Nothing was removed. Check the database; if the change is intended, run "
            f"`{_command(pruning)} --force`."
        )
    if planned.removes_most and not pruning.force:
        made = "The backup is complete, but retention" if pruning.new_id else "Retention"
        raise DjangoRcloneError(f'Database "{pruning.owner.alias}": {made} {_refusal(pruning, planned)}')
    for decision in planned.removed:
        remove(pruning.remote, decision.backup)
        yield decision


def after_backup(remote: Remote, made: Manifest, pruning: Pruning | None, removed: Callable[[Backup], None]) -> str:
    """Compares a new backup with those before it, then prunes, unless ``pruning`` is None.

    Returns how the backup is unusual; empty if it is normal. An unusual one is logged as a warning and holds pruning.
    Calls ``removed`` with each backup after its removal. Credentials that must not delete are no failure.
    """
    planned = plan(pruning) if pruning else None
    found = planned.anomaly if planned else _anomaly_of(remote, made)
    held = _held(pruning, planned) if pruning and planned else ""
    if found:
        logger.warning(
            'Database "%s": the backup is complete, but unusual: %s. %s',
            *(made.database, found, _advice(pruning) if pruning and held else "Check the database."),
            extra={"event": "backup.unusual", "database": made.database},
        )
    if pruning and planned and not held:
        with left_to_others_if_denied(f'Database "{made.database}"', database=made.database):
            for decision in carry_out(pruning, planned):
                removed(decision.backup)
    return found


@contextmanager
def left_to_others_if_denied(subject: str, **about: str) -> Iterator[None]:
    """Logs a warning if the remote denies deletes: pruning after a backup is then left to others. ``about`` is logged
    too."""
    try:
        yield
    except AccessDenied as error:
        logger.warning(
            "%s: the remote does not let these credentials delete. Old backups are left to `%s`, with other "
            "credentials. (%s)",
            *(subject, setting_names.current().prune_command, error),
            extra={"event": "prune.denied", **about},
        )


def _anomaly_of(remote: Remote, made: Manifest) -> str:
    """Returns how a new backup is unusual. If the earlier ones cannot be read, logs that: the backup itself is good."""
    try:
        return anomaly.problem(made, catalog.newest_manifests(remote, made.database, _COMPARED))
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        logger.warning('Database "%s": the backup could not be compared with earlier ones: %s', made.database, error)
        return ""


def _advice(pruning: Pruning) -> str:
    return (
        "Pruning is held until a backup is normal again. Check the database; if the change is intended, run "
        f"`{_command(pruning)} --force`."
    )


def _held(pruning: Pruning, planned: Plan) -> str:
    """Returns why pruning is held; empty if it is not."""
    if pruning.force or not planned.anomaly or not planned.removes_backups:
        return ""
    return f'Database "{pruning.owner.alias}": pruning is held, the newest backup is unusual: {planned.anomaly}.'


def force_needed(pruning: Pruning, planned: Plan) -> str:
    """Returns a sentence if the plan needs ``force`` and does not have it, else an empty string."""
    if held := _held(pruning, planned):
        return f"{held} This needs --force."
    if not planned.removes_most or pruning.force:
        return ""
    surplus, counted = retention.surplus_and_counted(planned.decisions)
    return (
        f'Database "{pruning.owner.alias}": {surplus} of {counted} backups would be removed, more than half at once: '
        "this needs --force."
    )


def _refusal(pruning: Pruning, planned: Plan) -> str:
    surplus, counted = retention.surplus_and_counted(planned.decisions)
    command = _command(pruning)
    return (
        f"({pruning.policy}) would remove {surplus} of {counted} backups, more than half at once. Nothing was "
        f"removed. Check them with `{command} --dry-run`, then remove them with `{command} --force`."
    )


def _command(pruning: Pruning) -> str:
    return f"{setting_names.current().prune_command} -d {shlex.quote(pruning.owner.alias)}"


def plan(pruning: Pruning) -> Plan:
    """Returns what a pruning would do: a decision for each backup, and the leftovers of interrupted runs to remove.

    Leftovers are kept if there is no good backup, or if other projects or databases have backups under the same alias:
    the leftovers may be theirs. Raises DjangoRcloneError if the remote's listing is incomplete: a backup that is not
    listed may still exist.
    """
    owner, policy, now = pruning.owner, pruning.policy, pruning.now
    listed = catalog.load(pruning.remote, pruning.names, owner.alias)
    _check_new_backup_is_listed(pruning, listed)
    own = _certainly_owned(listed, owner)
    if policy is not None:
        _warn_of_uncounted(listed, owner)
    in_future = [backup for backup in own if dated_ahead(backup, now)]
    if in_future:
        logger.warning(
            'Database "%s": %d backups are dated in the future (it is %s now). They are kept and do not count: %s. A '
            "clock was wrong when they were made, or this machine's is wrong now.",
            *(owner.alias, len(in_future), display.utc(now)),
            display.enumerate_some(backup.file for backup in in_future),
        )
    if policy is None:
        decisions = [Decision(backup, True, (retention.NO_POLICY,)) for backup in own]
    else:
        decisions = retention.decide(own, policy, now=now, zone=pruning.zone, new_id=pruning.new_id)
    good = [backup for backup in own if backup.state is BackupState.GOOD and backup not in in_future]
    unusual = anomaly.of_newest(backup.manifest for backup in good)
    if not good or any(backup not in own and not _is_unidentified(backup) for backup in listed):
        return Plan(tuple(decisions), anomaly=unusual)
    newest = max(backup.moment for backup in good)
    leftovers = {backup.path: backup for backup in _leftovers(pruning, listed, min(now, newest))}
    return Plan(
        tuple(decision for decision in decisions if decision.backup.path not in leftovers),
        tuple(Decision(backup, False, (retention.LEFTOVER,)) for backup in leftovers.values()),
        unusual,
    )


def _check_new_backup_is_listed(pruning: Pruning, listed: Sequence[Backup]) -> None:
    new_id = pruning.new_id
    if new_id and not any(backup.id == new_id and backup.state is BackupState.GOOD for backup in listed):
        raise DjangoRcloneError(
            f'Database "{pruning.owner.alias}": the listing of the remote "{pruning.remote.where}" does not show the '
            f"backup {new_id}, which was just made, as good. {_UNTOUCHED}"
        )


def _certainly_owned(listed: Sequence[Backup], owner: Owner) -> list[Backup]:
    """Returns the backups that certainly belong to ``owner``, and warns of those that may belong to another machine."""
    own = [backup for backup in listed if owner.owns_exactly(backup)]
    other_sources = {
        backup.manifest.source for backup in listed if owner.owns(backup) and backup.manifest.name == owner.name
    } - {"", owner.source}
    if owner.project or not other_sources:
        return own
    logger.warning(
        'Database "%s": the remote also holds backups of "%s" on %s. They are kept, both here and on %s. To tell them '
        "apart, set a different %s on each machine.",
        *(owner.alias, owner.name, display.enumerate_some(sorted(other_sources)), owner.source or "this machine"),
        setting_names.current().setting("PROJECT"),
    )
    return [backup for backup in own if backup.manifest.source == owner.source and backup.manifest.point]


def _warn_of_uncounted(listed: Sequence[Backup], owner: Owner) -> None:
    """Warns of backups that retention ignores, and so would stay unnoticed: those that the project may have made before
    it had a name, or before its database was renamed."""
    good = [backup for backup in listed if owner.project and backup.state is BackupState.GOOD]
    unnamed = [backup for backup in good if not backup.manifest.project and backup.manifest.name == owner.name]
    renamed = [backup for backup in good if owner.owns(backup) and backup.manifest.name != owner.name]
    for uncounted, kind in ((unnamed, "without a project name"), (renamed, "of this project's other databases")):
        if uncounted:
            logger.warning(
                'Database "%s": %d backups %s are kept and do not count: %s. Delete by hand those you do not need.',
                *(owner.alias, len(uncounted), kind, display.enumerate_some(backup.file for backup in uncounted)),
            )


def _is_unidentified(backup: Backup) -> bool:
    """Returns whether a backup has no readable manifest, and so no known owner. Excludes unverified backups."""
    return not backup.manifest.point and backup.state is not BackupState.UNVERIFIED


def _leftovers(pruning: Pruning, listed: Sequence[Backup], now: datetime) -> Iterator[Backup]:
    """Yields the leftovers of interrupted runs.

    ``now`` must not be later than the newest good backup: if this machine's clock is ahead, a file that another machine
    is writing looks old. For the same reason, the storage's time of the file counts too.
    """
    remote, timeout = pruning.remote, pruning.timeout
    ids_with_manifest = {backup.id for backup in listed if backup.manifest.id}
    leftovers = retention.leftovers(listed, now, timeout)
    if leftovers:
        _check_for_manifests(remote, {backup.id for backup in leftovers} - ids_with_manifest)
    for backup in leftovers:
        stored = remote.stored_at(backup.path)
        old = stored is None or retention.leftovers([replace(backup, modified=stored)], now, timeout)
        if old and (backup.id in ids_with_manifest or _has_no_manifest(pruning, backup)):
            yield backup


def _check_for_manifests(remote: Remote, ids: Collection[str]) -> None:
    """Lists the manifests again, and raises DjangoRcloneError if one has an id in ``ids``.

    The name of an object from an earlier version does not determine its manifest's name, so it cannot be requested.
    """
    for entry in remote.files(MANIFEST_DIR):
        name = parse_manifest_name(entry.path)
        if name and name.id in ids:
            raise DjangoRcloneError(
                f'The remote "{remote.where}" has {name.path}, which its listing did not show before. {_UNTOUCHED}'
            )


def _has_no_manifest(pruning: Pruning, backup: Backup) -> bool:
    """Returns whether an object certainly has no manifest. Raises DjangoRcloneError if it has an unlisted one."""
    remote = pruning.remote
    manifest = pruning.names.manifest_of(backup.path)
    if backup.state is BackupState.PARTIAL and manifest is None:
        return True  # a file with such a name is never complete
    if manifest is None:
        logger.warning(
            "%s is kept: its name does not show whether it has a manifest. Delete it by hand if you do not need it.",
            backup.path,
        )
        return False
    if remote.stat(manifest.path) is not None:
        raise DjangoRcloneError(
            f'The listing of the remote "{remote.where}" does not show {manifest.path}, which exists. {_UNTOUCHED}'
        )
    return True


def remove(remote: Remote, backup: Backup) -> None:
    """Deletes a backup: first its manifest, so that the backup ceases to exist at once, then its objects, and then the
    records of its verifications."""
    manifest = backup.manifest
    for stored in manifest.objects:
        problem = object_path_problem(stored.path, manifest.id) if manifest.id else path_problem(stored.path)
        if problem:
            raise DjangoRcloneError(f"{display.one_line(stored.path)} {problem}: it is not removed.")
    if manifest.point:
        remote.delete(ManifestName(manifest.point, manifest.database, manifest.id).path)
    for stored in manifest.objects:
        remote.delete(stored.path)
    for verification in backup.verifications:
        remote.delete(verification.path)
