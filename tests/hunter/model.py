"""Model of a hunt: what each remote holds, who owns it, and what each restore has to give."""

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
        self.kind, self.what = kind, what
        super().__init__(f"{kind}: {what}")

    def __reduce__(self) -> tuple[type[Fault], tuple[str, str]]:
        # An exception is copied by its message alone, and hunts run in processes of their own.
        return Fault, (self.kind, self.what)


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
    """Output of the command, as it printed it."""
    fingerprint: str
    moment: float
    ended: float
    files: frozenset[str]
    """Files that came with it, by path below the world."""
    damaged: bool = False
    unsigned: bool = False
    """Nothing says any more whose it is: its manifest is gone or cannot be read."""


@dataclass(slots=True)
class Model:
    """Everything that is known of the remotes."""

    owners: dict[str, Owner] = field(default_factory=dict)
    """Of each file on a remote, by its path below the world."""
    backups: list[Backup] = field(default_factory=list)
    unsure: set[str] = field(default_factory=set)
    """Names of files that killed runs wrote: each may be part of a backup or not."""
    mirrors: dict[Owner, dict[str, str] | None] = field(default_factory=dict)
    """Contents of each mirror: files by path; None where they are unknown."""
    sources: dict[Owner, str] = field(default_factory=dict)
    """The project of which each mirror was made last."""
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

    def moved(self, project: Project, limits: Iterable[float], at: float = float("inf")) -> list[Backup]:
        """Returns what may be restored where nothing begun up to ``at`` is the project's own: the newest under label
        and alias, where all of them are of one name and one machine (the database was moved)."""
        owner = database_of(project)
        found = [
            backup
            for backup in self._under_alias(owner)
            if backup.owner.label == owner.label and not backup.damaged and backup.moment <= at
        ]
        name = owner.what.partition(" on ")[0]
        found = [backup for backup in found if backup.owner.what.partition(" on ")[0] == name] or found
        if len({backup.owner for backup in found}) != 1 or found[0].owner == owner:
            return []
        found.sort(key=lambda backup: backup.moment)
        timely = [[backup for backup in found if backup.moment <= limit] or found for limit in limits]
        return [backups[-1] for backups in timely]

    def signed_by_others(self, owner: Owner) -> bool:
        """Whether another's backups under the same alias say whose they are."""
        return any(backup.owner != owner and not backup.unsigned for backup in self._under_alias(owner))

    def _under_alias(self, owner: Owner) -> list[Backup]:
        alias = owner.what.partition("=")[0]
        return [
            backup
            for backup in self.backups
            if (backup.owner.area, backup.owner.encrypted) == (owner.area, owner.encrypted)
            and backup.owner.what.partition("=")[0] == alias
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
