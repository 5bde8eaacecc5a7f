"""The input of a pruning, and its plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from django_rclone import conf, retention
from django_rclone.db.base import BaseConnector
from django_rclone.layout.object_paths import Scheme
from django_rclone.rclone.remote import Remote
from django_rclone.retention import Decision, Policy
from django_rclone.selection import Owner


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

    @classmethod
    def of(cls, connector: BaseConnector, remote: Remote, policy: Policy | None, *, force: bool) -> Pruning:
        """Returns a pruning of one database at this moment, with the project's settings."""
        owner = Owner.of(conf.get("PROJECT"), connector)
        return cls(remote, conf.names(), owner, policy, datetime.now(UTC), conf.limits().timeout, force=force)


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
