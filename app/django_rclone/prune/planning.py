"""Planning of a pruning: which backups stay, and which leftovers of interrupted runs can be removed."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django_rclone import anomaly, catalog, display, retention
from django_rclone.catalog import Backup, BackupState
from django_rclone.clocks import dated_ahead
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.prune import leftovers, ownership
from django_rclone.prune.leftovers import UNTOUCHED
from django_rclone.prune.pruning import Plan, Pruning
from django_rclone.retention import Decision

logger = logging.getLogger("django_rclone")


def plan(pruning: Pruning) -> Plan:
    """Returns what a pruning would do: a decision for each backup, and the leftovers of interrupted runs to remove.

    Leftovers are kept if there is no good backup, or if other projects or databases have backups under the same alias:
    the leftovers may be theirs. Raises DjangoRcloneError if the remote's listing is incomplete: a backup that is not
    listed may still exist.
    """
    owner, policy, now = pruning.owner, pruning.policy, pruning.now
    listed = catalog.load(pruning.remote, pruning.names, owner.alias)
    _check_new_backup_is_listed(pruning, listed)
    own = ownership.certainly_owned(listed, owner)
    if policy is not None:
        ownership.warn_of_uncounted(listed, owner)
    in_future = [backup for backup in own if dated_ahead(backup, now)]
    if in_future:
        _warn_of_future(pruning, in_future)
    if policy is None:
        decisions = [Decision(backup, True, (retention.NO_POLICY,)) for backup in own]
    else:
        decisions = retention.decide(own, policy, now=now, zone=pruning.zone, new_id=pruning.new_id)
    good = [backup for backup in own if backup.state is BackupState.GOOD and backup not in in_future]
    unusual = anomaly.of_newest(backup.manifest for backup in good)
    if not good or any(backup not in own and not ownership.is_unidentified(backup) for backup in listed):
        return Plan(tuple(decisions), anomaly=unusual)
    newest = max(backup.moment for backup in good)
    removable = {backup.path: backup for backup in leftovers.find(pruning, listed, min(now, newest))}
    return Plan(
        tuple(decision for decision in decisions if decision.backup.path not in removable),
        tuple(Decision(backup, False, (retention.LEFTOVER,)) for backup in removable.values()),
        unusual,
    )


def _warn_of_future(pruning: Pruning, in_future: Sequence[Backup]) -> None:
    logger.warning(
        'Database "%s": %d backups are dated in the future (it is %s now). They are kept and do not count: %s. A '
        "clock was wrong when they were made, or this machine's is wrong now.",
        *(pruning.owner.alias, len(in_future), display.utc(pruning.now)),
        display.enumerate_some(backup.file for backup in in_future),
    )


def _check_new_backup_is_listed(pruning: Pruning, listed: Sequence[Backup]) -> None:
    new_id = pruning.new_id
    if new_id and not any(backup.id == new_id and backup.state is BackupState.GOOD for backup in listed):
        raise DjangoRcloneError(
            f'Database "{pruning.owner.alias}": the listing of the remote "{pruning.remote.where}" does not show the '
            f"backup {new_id}, which was just made, as good. {UNTOUCHED}"
        )
