"""``--force``: the plans that need it, namely to remove most backups, or any while the newest backup is unusual."""

from __future__ import annotations

import shlex

from django_rclone import retention, setting_names
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.prune.pruning import Plan, Pruning


def check(pruning: Pruning, planned: Plan) -> None:
    """Raises DjangoRcloneError if the plan needs ``force`` and does not have it."""
    if held := held_because(pruning, planned):
        raise DjangoRcloneError(f"{held} Nothing was removed. {advice(pruning)}")
    if _removes_too_many(pruning, planned):
        surplus, counted = retention.surplus_and_counted(planned.decisions)
        made = "The backup is complete, but retention" if pruning.new_id else "Retention"
        command = _command(pruning)
        raise DjangoRcloneError(
            f'Database "{pruning.owner.alias}": {made} ({pruning.policy}) would remove {surplus} of {counted} backups, '
            f"more than half at once. Nothing was removed. Check them with `{command} --dry-run`, then remove them "
            f"with `{command} --force`."
        )


def force_needed(pruning: Pruning, planned: Plan) -> str:
    """Returns a sentence if the plan needs ``force`` and does not have it, else an empty string."""
    if held := held_because(pruning, planned):
        return f"{held} This needs --force."
    if not _removes_too_many(pruning, planned):
        return ""
    surplus, counted = retention.surplus_and_counted(planned.decisions)
    return (
        f'Database "{pruning.owner.alias}": {surplus} of {counted} backups would be removed, more than half at once: '
        "this needs --force."
    )


def held_because(pruning: Pruning, planned: Plan) -> str:
    """Returns why pruning is held: the newest backup is unusual. Empty if it is not held."""
    if pruning.force or not planned.anomaly or not planned.removes_backups:
        return ""
    return f'Database "{pruning.owner.alias}": pruning is held, the newest backup is unusual: {planned.anomaly}.'


def advice(pruning: Pruning) -> str:
    """Returns what to do when pruning is held."""
    return f"Check the database; if the change is intended, run `{_command(pruning)} --force`."


def _removes_too_many(pruning: Pruning, planned: Plan) -> bool:
    return planned.removes_most and not pruning.force


def _command(pruning: Pruning) -> str:
    return f"{setting_names.current().prune_command} -d {shlex.quote(pruning.owner.alias)}"
