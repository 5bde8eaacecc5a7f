"""What must be true: who owns what lies on the remotes, and what each restore has to give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.hunter.world import Plan, Project

CODES = frozenset({0, 1, 2, 3, 4, 5, 6, 75})
AHEAD = 3600 + 5
"""Seconds that a backup may come from the future and still count."""


class Fault(AssertionError):
    """Something that must never be. ``kind`` names it in a word or two."""

    count = 0

    def __init__(self, kind: str, what: str) -> None:
        Fault.count += 1
        self.kind = kind
        super().__init__(f"{kind}: {what}")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose something on a remote is: those who cannot be told apart are one."""

    kind: str
    """db, media, guide or plain (as django-rclone 0.4 left it)."""
    area: str
    encrypted: bool
    label: str
    what: str
    """Alias and name of the database, or folder of the mirror."""


def database_of(project: Project, host: str = "web") -> Owner:
    """Returns who owns the backups of a project's database.

    Without a name, files of two machines are two databases; in containers nothing tells them apart.
    """
    plan, name = project.plan, project.store.settings["NAME"]
    machine = f" on {host}" if not plan.label and plan.engine == "sqlite" and not plan.container else ""
    return Owner("db", plan.area, plan.encrypted, plan.label, f"{plan.alias}={plan.engine} {name}{machine}")


def media_of(plan: Plan) -> Owner:
    """Returns who owns the mirror of a project's media."""
    return Owner("media", plan.area, plan.encrypted, plan.label, plan.media_folder.strip("/"))


@dataclass(eq=False, slots=True)
class Backup:
    """A backup that a command has promised with exit code 0."""

    owner: Owner
    path: str
    """As the command printed it."""
    fingerprint: str
    moment: float
    ended: float
    files: frozenset[str]
    """What came with it, by path below the world."""
    damaged: bool = False


@dataclass(slots=True)
class Model:
    """Everything that is known of the remotes."""

    owners: dict[str, Owner] = field(default_factory=dict)
    """Of each file on a remote, by its path below the world."""
    backups: list[Backup] = field(default_factory=list)
    mirrors: dict[Owner, dict[str, str] | None] = field(default_factory=dict)
    """What each mirror holds: files by path; None where nobody knows."""
    plain: dict[str, tuple[Owner, str]] = field(default_factory=dict)
    """Files as django-rclone 0.4 made them, by path, with their publisher and what is in them."""

    def own(self, project: Project, host: str = "web") -> list[Backup]:
        """Returns the backups of a project's database, newest first."""
        owner = database_of(project, host)
        found = [backup for backup in self.backups if backup.owner == owner]
        return sorted(found, key=lambda backup: backup.moment, reverse=True)

    def good(self, project: Project, limit: float = float("inf"), host: str = "web") -> list[Backup]:
        """Returns those that are whole and were begun up to a moment, newest first."""
        return [backup for backup in self.own(project, host) if not backup.damaged and backup.moment <= limit]

    def related(self, project: Project) -> list[Backup]:
        """Returns whole backups under the same label and alias, though of a database with another name: where a
        project has none of its own, one of these may be meant (its database was moved)."""
        owner = database_of(project)
        alias = f"{project.plan.alias}="
        return [
            backup
            for backup in self.backups
            if (backup.owner.area, backup.owner.encrypted, backup.owner.label)
            == (owner.area, owner.encrypted, owner.label)
            and backup.owner.what.startswith(alias)
        ]

    def doubtful(self, project: Project) -> bool:
        """Whether another machine's file has the same name, and no project's name says whose is whose."""
        mine = database_of(project)
        return not mine.label and any(
            (backup.owner.area, backup.owner.label, backup.owner.what.partition(" on ")[0])
            == (mine.area, mine.label, mine.what.partition(" on ")[0])
            and backup.owner != mine
            for backup in self.backups
        )

    def gone(self, paths: Iterable[str]) -> list[Backup]:
        """Returns the backups of which a file is among these."""
        lost = set(paths)
        return [backup for backup in self.backups if backup.files & lost]
