"""Rules for backups and restores of databases."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from tests.hunter.client import Ended, Kill
from tests.hunter.example import Example
from tests.hunter.model import Backup, Fault, Owner, database_of
from tests.hunter.snapshot import Difference
from tests.hunter.world import Project


class Databases(Example):
    """Backs up and restores databases, and raises Fault for what must never be."""

    def _back_up(self, project: Project, kill: Kill | None, host: str, *, clean: bool) -> None:
        contents = project.store.fingerprint()
        arguments = ("dbbackup", "-d", project.plan.alias, *(("--clean",) if clean else ()))
        done, changes = self._run(project, *arguments, kill=kill, host=host)
        owner = database_of(project, host)
        self._check_untouched(project, changes, owner, *project.paths)
        if project.store.fingerprint() != contents:
            raise Fault("backup-changes-database", f"{project}")
        removed = self.model.gone(changes.removed)
        self.model.backups = [backup for backup in self.model.backups if backup not in removed]
        if removed and not clean:
            raise Fault("backup-removed", f"{project}: {removed[0].path} without --clean")
        made = None
        if done.code == 0:
            found = re.search(r"backed up to (\S+) \(", done.out)
            if found is None:
                raise Fault("no-path", done.out)
            files = frozenset(path for path in changes.added if self.model.owners.get(path) == owner)
            made = Backup(owner, found[1], contents, self._dated(project, done.begun), done.ended, files)
            if not files:
                raise Fault("kept-backup-removed", f"{project}: {made.path} is not on the remote: {done.out}")
            self.model.backups.append(made)
        elif changes.added:
            self._look_for_unpromised(project, owner, contents, done, changes)
        for backup in removed:
            self._check_removal(project, backup, done, host)
        surroundings = self._surroundings(project, host)
        if made is not None and surroundings not in self.checked:
            self.checked.add(surroundings)
            self._check_latest(project, made, done, host)

    def _surroundings(self, project: Project, host: str) -> tuple[object, ...]:
        """Returns what decides whether a promise can be kept: the next one in the same is not tried at once."""
        own, others = database_of(project, host), {backup.owner for backup in self.model.backups}
        return (project.number, host, project.flags, *project.env.items(), project.clock, frozenset(others - {own}))

    def _look_for_unpromised(
        self, project: Project, owner: Owner, contents: str, done: Ended, changes: Difference
    ) -> None:
        """A run that did not end well may have got as far as its manifest: then the backup exists all the same."""
        listed = self._listed_as_good(project)
        known = {backup.path for backup in self.model.backups}
        files = frozenset(path for path in changes.added if self.model.owners.get(path) == owner)
        if done.killed:
            self.model.unsure |= {Path(file).name for file in files}
        for path in listed:
            if path not in known and Path(path).name in {Path(file).name for file in files}:
                self.model.backups.append(
                    Backup(owner, path, contents, self._dated(project, done.begun), done.ended, files)
                )

    def _listed_as_good(self, project: Project) -> list[str]:
        listed, _changes = self._run(project, "listbackups", "-d", project.plan.alias, "--json", clean=True)
        return [each["path"] for each in json.loads(listed.out) if each["state"] == "good"] if listed.code == 0 else []

    def _finished_late(self, project: Project, host: str) -> int:
        """Returns how many backups of killed runs exist all the same, and did not just after the kill: S3 takes a file
        whose last byte it has, although the program that sent it is dead."""
        known = {backup.path for backup in self.model.own(project, host)}
        return sum(path not in known and Path(path).name in self.model.unsure for path in self._listed_as_good(project))

    def _check_removal(self, project: Project, backup: Backup, done: Ended, host: str) -> None:
        if backup.damaged:
            return
        plain = [path for path, (owner, _what) in self.model.plain.items() if owner.area == backup.owner.area]
        limit = self._limits(project, done.ended)[-1]
        newer = [other for other in self.model.good(project, limit, host) if other.moment > backup.moment]
        if len(newer) + len(plain) < project.plan.keep or not newer:
            if newer and len(newer) + len(plain) + self._finished_late(project, host) >= project.plan.keep:
                return
            kept = [f"{other.path} ({other.moment - done.begun:+.0f} s)" for other in self.model.own(project, host)]
            gone = f"{backup.path} ({backup.moment - done.begun:+.0f} s)"
            raise Fault(
                "kept-backup-removed",
                f"{project}, KEEP={project.plan.keep}: {gone}, left: {kept}",
            )

    def _check_latest(self, project: Project, made: Backup, done: Ended, host: str) -> None:
        """Exit code 0 means: restored now, it is this very state, unless another host's clock is a little ahead."""
        limits = self._limits(project, done.ended)
        best = [found[0] for limit in limits if (found := self.model.good(project, limit, host))]
        into = project.store.into(self.world.root / "check")  # type: ignore[union-attr]
        restored, changes = self._run(
            project, "dbrestore", "-d", project.plan.alias, "--noinput", "--into", into, host=host
        )
        self._check_untouched(project, changes, None, "check/", *project.paths)
        if restored.code != 0:
            raise Fault("not-restorable", f"{project}: {made.path} was promised, and: {restored.err}")
        there = project.store.fingerprint(into)
        if not any(backup.fingerprint == there and backup.path in restored.out for backup in best):
            paths = [backup.path for backup in best]
            raise Fault("latest-is-another", f"{project}: {paths} was expected, not {restored.out}")
        project.store.drop(into)

    def _restore(self, project: Project, kill: Kill | None, at: int | None = None) -> None:
        before = project.store.fingerprint()
        chosen = () if at is None else ("--at", datetime.fromtimestamp(at, UTC).isoformat())
        done, changes = self._run(project, "dbrestore", "-d", project.plan.alias, "--noinput", *chosen, kill=kill)
        self._check_untouched(project, changes, None, *project.paths)
        after = project.store.fingerprint()
        limits = self._limits(project, done.ended)
        if at is not None:
            # The storage's clock, which may date a backup, tells whole seconds.
            about = (at - 2, at, at + 2) if project.plan.area == "s3" else (at,)
            limits = [*about, *(min(moment, limit) for moment in about for limit in limits)]
        wanted = {found[0].fingerprint for limit in limits if (found := self.model.good(project, limit))}
        if not wanted and at is None:  # what is dated later counts where there is nothing else
            wanted = {backup.fingerprint for backup in self.model.good(project)[:1]}
        if not wanted:
            up_to = float("inf") if at is None else at
            wanted = {backup.fingerprint for backup in self.model.moved(project, limits, up_to)}
        self._check_restored(project, done, before, after, wanted)

    def _restore_named(self, project: Project, backup: Backup) -> None:
        before = project.store.fingerprint()
        done, changes = self._run(project, "dbrestore", "-d", project.plan.alias, "--noinput", "-i", backup.path)
        self._check_untouched(project, changes, None, *project.paths)
        self._check_restored(project, done, before, project.store.fingerprint(), {backup.fingerprint})

    def _check_restored(self, project: Project, done: Ended, before: str, after: str, wanted: set[str]) -> None:
        if done.killed:
            if project.store.atomic and after not in {before, *wanted}:
                raise Fault("torn-restore", f"{project}: neither the old nor the new state")
        elif done.code == 0:
            if after not in wanted:
                raise Fault("wrong-restore", f"{project} restored what is not its own newest: {done.out}")
        elif after != before:
            raise Fault("failed-restore-changes", f"{project}: {done.err}")

    def _comes_back(self, project: Project, backup: Backup, *named: str) -> None:
        into = project.store.into(self.world.root / "check")  # type: ignore[union-attr]
        arguments = ("dbrestore", "-d", project.plan.alias, "--noinput", "--into", into, *named)
        done, changes = self._run(project, *arguments, clean=True)
        self._check_untouched(project, changes, None, "check/", *project.paths)
        if project.plan.refused:  # another project that is the same owner made the backup
            self._check_refused(project, done)
            return
        if done.code != 0:
            raise Fault("not-restorable", f"{project}: {backup.path}: {done.err}")
        if project.store.fingerprint(into) != backup.fingerprint:
            raise Fault("wrong-restore", f"{project}: {backup.path} was expected, not {done.out}")
        project.store.drop(into)
