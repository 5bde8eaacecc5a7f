"""An example: a world, what is known of it, and commands that are run in it and watched."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from hypothesis.stateful import RuleBasedStateMachine

from tests.hunter.client import Ended, Kill, Worker
from tests.hunter.model import AHEAD, CODES, Fault, Model, Owner
from tests.hunter.snapshot import Difference, difference
from tests.hunter.stores import Servers
from tests.hunter.world import Project, World
from tests.support.servers import StorageServer

INACCURATE = 300
"""Seconds that two clocks may differ and still count as equal."""


@dataclass
class Hunt:
    """State that the examples of a hunt share, and their counts."""

    base: Path
    s3: StorageServer
    worker: Worker
    servers: Servers
    until: float = float("inf")
    """When it ends, on the monotonic clock."""
    enough: int = 0
    """It ends after so many commands; 0: it does not."""
    steps: int = 0
    done: int = 0
    """Commands that ended with exit code 0: a hunt in which none does sees nothing."""
    examples: int = 0
    only: frozenset[str] = frozenset()
    """Kinds of faults; an example with any other ends there and is good. Empty: all."""
    passed_by: Counter[str] = field(default_factory=Counter)
    found_after: tuple[int, float] | None = None
    began: float = field(default_factory=time.monotonic)

    told: list[str] = field(default_factory=list)
    """The steps of the last example that failed: at the end, of the smallest one."""

    def note_fault(self, told: list[str]) -> None:
        """Remembers an example that failed."""
        self.found_after = self.found_after or (self.steps, time.monotonic() - self.began)
        self.told = told

    @property
    def over(self) -> bool:
        late = time.monotonic() > self.until or (self.enough and self.steps >= self.enough)
        return bool(late) and self.found_after is None


class Example(RuleBasedStateMachine):
    """Parts of the steps of an example."""

    hunt: ClassVar[Hunt]

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None
        self.model = Model()
        self.faults = Fault.count
        self.stack = ExitStack()
        self.told: list[str] = []
        self.ended = False
        self.checked: set[tuple[object, ...]] = set()
        """Surroundings in which a backup was restored at once."""
        self.past = 0.0
        """Seconds that have been skipped."""

    @contextmanager
    def minding(self) -> Iterator[None]:
        """Lets the faults through that are hunted for."""
        try:
            yield
        except Fault as fault:
            if not self.hunt.only or fault.kind in self.hunt.only:
                self.hunt.note_fault(self.told)
                raise
            self.hunt.passed_by[fault.kind] += 1
            self.ended = True

    def _project(self, number: int) -> Project | None:
        if self.world is None or self.ended or self.hunt.over:
            return None
        return self.world.projects[number % len(self.world.projects)]

    def _tell(self, project: Project, what: str) -> None:
        self.told.append(f"{project}: {what}")

    @contextmanager
    def _clock_ahead(self, project: Project, seconds: int) -> Iterator[None]:
        """Lets the clock of a project's host be further ahead, for a while."""
        if seconds:
            self._tell(project, f"for once the clock of its host is {seconds:+} s ahead")
        project.clock += seconds
        try:
            yield
        finally:
            project.clock -= seconds

    def _now(self, project: Project) -> float:
        return time.time() + self.past + project.clock

    def _dated(self, project: Project, moment: float) -> float:
        """Returns when a backup was begun, by the best clock that was looked at: the storage's, which is right, where
        it has one and the host's is wrong."""
        ahead = self.past + project.clock
        return moment - ahead if project.plan.area == "s3" and abs(ahead) > INACCURATE else moment

    def _check_refused(self, project: Project, done: Ended) -> None:
        """Raises Fault unless a command of a project whose folders overlap was refused."""
        if done.code != 2:
            raise Fault("folders-not-refused", f"{project}: exit {done.code}: {done.err}")

    def _limits(self, project: Project, ended: float) -> list[float]:
        """Returns up to which moments backups may count: an hour after now, by the host's clock or by the storage's."""
        return sorted({ended + AHEAD, self._dated(project, ended) + AHEAD})

    def _put(self, area: str, name: str, content: bytes | None) -> None:
        """Writes or deletes a file on a remote behind everybody's back; through the server, where there is one."""
        world = self.world
        assert world is not None
        if area != "s3":
            path = world.area(area) / name
            if content is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            return
        command = ("rcat",) if content is not None else ("deletefile",)
        subprocess.run(
            ["rclone", *command, f"{world.address(area)}/{name}"],
            input=content or b"",
            env={**os.environ, **self.hunt.s3.environment},
            check=True,
        )

    def _run(
        self,
        project: Project,
        *arguments: str,
        kill: Kill | None = None,
        host: str = "web",
        media_root: Path | None = None,
        clean: bool = False,
    ) -> tuple[Ended, Difference]:
        """Runs a command; ``clean``: with nothing in flags and environment that may do harm."""
        world = self.world
        assert world is not None
        self.hunt.steps += 1
        before = world.look()
        done = self.hunt.worker.run(
            arguments,
            world.settings(project, media_root, clean=clean),
            world.env(project, clean=clean),
            project.folder / "db",
            now=datetime.fromtimestamp(self._now(project), UTC),
            host=host,
            kill=kill,
        )
        self.hunt.done += done.code == 0
        said = (done.err.strip().splitlines() or done.out.strip().splitlines() or [""])[-1]
        ending = str(kill) if done.killed and kill else f"exit {done.code}"
        self._tell(project, f"{' '.join(arguments)} -> {ending}: {said.replace(str(world.root), '…')}")
        self._check_ending(done, kill)
        return done, difference(before, world.look())

    def _check_ending(self, done: Ended, kill: Kill | None) -> None:
        if "Traceback" in done.err:
            raise Fault("traceback", done.err)
        if done.killed and kill is not None:
            return
        if done.code not in CODES:
            raise Fault("exit-code", f"{done.code}: {done.err}")
        if done.late:
            raise Fault("left-running", f"a program lives on: {done.err}")
        errors = [
            line
            for line in done.err.splitlines()
            if line.startswith(("CommandError", "manage.py")) or ": error: " in line
        ]
        if done.code and len(errors) != 1:
            raise Fault("error-line", f"exit {done.code} with {len(errors)} error lines: {done.err!r}")

    def _check_untouched(self, project: Project, changes: Difference, owner: Owner | None, *allowed: str) -> None:
        """Raises Fault for a change of something that a command has no business with.

        ``owner`` may change its own files on the remote, ``allowed`` are beginnings of paths elsewhere.
        """
        area = f"remotes/{project.plan.area}/"
        look = self.world.look()  # type: ignore[union-attr]
        for path in sorted(changes.paths):
            how = "added" if path in changes.added else "removed" if path in changes.removed else "changed"
            if not path.startswith("remotes/"):
                if path.startswith(allowed) and allowed:
                    continue
                raise Fault("fence", f"{project} {how} {path}")
            if look.get(path) == "folder" or (how == "removed" and path not in self.model.owners):
                continue  # folders of a remote come and go
            if not path.startswith(area):
                raise Fault("other-remote", f"{project} {how} {path}")
            whose = self.model.owners.get(path)
            if how == "added":
                if owner is None:
                    raise Fault("written", f"{project} added {path}, though it only reads")
                is_guide = path.startswith(f"{area}RESTORE.md")
                if is_guide and owner.kind != "db":
                    raise Fault("guide", f"{project} added {path}, which only a backup of a database writes")
                self.model.owners[path] = self._guide(owner) if is_guide else owner
                continue
            if whose is None or owner is None or not self._may_change(project, owner, path, whose, how):
                raise Fault(f"foreign-{whose.kind if whose else 'file'}-{how}", f"{project} {how} {path} of {whose}")
            if how == "removed":
                self.model.owners.pop(path, None)
                self.model.plain.pop(path, None)

    def _may_change(self, project: Project, owner: Owner, path: str, whose: Owner, how: str) -> bool:
        """Tells whether a command that works on what is ``owner``'s may do this to a file that is there."""
        if whose == owner:
            return owner.kind != "db" or how != "changed" or path.endswith(".partial")
        if owner.kind != "db":
            return False
        if whose.kind == "guide":
            # One is written where there is none: with encryption, also where it does not tell how to decrypt.
            return path.endswith(".partial") or (owner.encrypted and how == "changed")
        folder = f"remotes/{project.plan.area}/{project.plan.db_folder}/"
        of_alias = whose.what.partition("=")[0] == project.plan.alias
        if how != "removed" or not of_alias or not (owner.encrypted or path.startswith(folder)):
            return False
        if whose.kind == "plain":
            # They bear no name: a project without one counts them among its own, where nobody else's look like those.
            return not owner.label and not self.model.doubtful(project)
        # What a dead run has left bears no name either. It is swept where all that has one, under the alias, is ours.
        left = all(backup.damaged for backup in self.model.gone([path]))
        return whose.kind == "db" and left and not self.model.signed_by_others(owner)

    def _guide(self, owner: Owner) -> Owner:
        return Owner("guide", owner.area, owner.encrypted, "", "")
