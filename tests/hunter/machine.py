"""The steps that hypothesis draws, and what must be true after each."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition
from hypothesis.stateful import rule as any_rule

from tests.hunter import media_files
from tests.hunter.client import Kill
from tests.hunter.databases import Databases
from tests.hunter.media import Media
from tests.hunter.model import AHEAD, Fault, Owner, database_of, media_of
from tests.hunter.stores import SqliteFile, Store, change
from tests.hunter.world import (
    ENVIRONMENTS,
    HARMFUL_FLAGS,
    Plan,
    Project,
    World,
    drawn,
    plans,
)

PROJECTS = st.integers(0, 2)
SEEDS = st.integers(0, 999)
CLOCKS = (0, 0, -1800, 1800, 3 * 3600, 2 * 86400, 400 * 86400, -2 * 86400, -400 * 86400)
AHEAD_ONCE = st.sampled_from((0, 0, 0, 3 * 3600, 2 * 86400, -2 * 86400)) if drawn("clock") else st.just(0)
"""Further error of a clock for a single backup: a machine that has not yet asked for the time."""
KILL = st.builds(Kill, st.integers(1, 14), st.booleans())
KILLS = st.one_of(st.none(), st.none(), st.none(), KILL) if drawn("kill") else st.none()


def rule(**drawn_arguments: Any) -> Callable[[Callable[..., None]], Any]:
    """Marks a step; a fault that is not hunted for ends the example."""

    def mark(step: Callable[..., None]) -> Any:
        @wraps(step)
        def guarded(machine: Machine, **arguments: Any) -> None:
            with machine.minding():
                step(machine, **arguments)

        add_rule: Any = any_rule(**drawn_arguments)
        return add_rule(guarded)

    return mark


class Machine(Databases, Media):
    """The steps, and what must be true at the end."""

    # Worlds

    @initialize(drawn_plans=plans())
    def begin(self, drawn_plans: list[Plan]) -> None:
        if self.hunt.over:
            return
        self.hunt.examples += 1
        root = Path(tempfile.mkdtemp(prefix="w", dir=self.hunt.base))
        projects = [
            Project(number, plan, root / f"p{number}", self._store(plan, root / f"p{number}"))
            for number, plan in enumerate(drawn_plans)
        ]
        self.world = World(root, self.hunt.s3, projects)
        self.told += [f"{project}: {project.plan}" for project in projects]

    def _store(self, plan: Plan, folder: Path) -> Store:
        (folder / "db").mkdir(parents=True)
        if plan.engine != "sqlite":
            return self.stack.enter_context(self.hunt.servers.database(plan.engine))
        return SqliteFile(folder / "db" / plan.name, plan.form, wal=plan.wal)

    def teardown(self) -> None:
        world = self.world
        if world is None:
            return
        try:
            if Fault.count == self.faults:
                self.told.append("at the end:")
                with self.minding():
                    self._everything_comes_back()
        finally:
            self.stack.close()
            shutil.rmtree(world.root, ignore_errors=True)
            shutil.rmtree(world.s3_folder, ignore_errors=True)

    # Changes of the projects' own data

    @rule(p=PROJECTS, seed=SEEDS)
    def change_rows(self, p: int, seed: int) -> None:
        if project := self._project(p):
            self._tell(project, f"rows: {change(project.store, seed)}")

    @rule(p=PROJECTS, action=media_files.ACTIONS, seed=SEEDS)
    def change_media(self, p: int, action: str, seed: int) -> None:
        if (project := self._project(p)) and media_files.possible(action):
            outside = self.world.root / "outside"  # type: ignore[union-attr]
            self._tell(project, f"media: {media_files.change(project.media, outside, action, seed)}")

    @precondition(lambda _self: drawn("lose"))
    @rule(p=PROJECTS, how=st.sampled_from(("empty", "gone", "keep file", "again", "database")))
    def lose(self, p: int, how: str) -> None:
        project = self._project(p)
        if project is None:
            return
        if how == "database":
            project.store.lose()
            self._tell(project, "the database is lost")
            return
        aside = project.folder / "aside"
        if how == "again":
            if aside.exists():
                shutil.rmtree(project.media, ignore_errors=True)
                aside.rename(project.media)
                self._tell(project, "media folder is mounted again")
            return
        if aside.exists() or not project.media.is_dir():
            return
        project.media.rename(aside)
        if how != "gone":
            project.media.mkdir()
        if how == "keep file":
            (project.media / ".gitkeep").touch()
        self._tell(project, f"media folder is not mounted ({how})")

    # Surroundings

    @precondition(lambda _self: drawn("clock"))
    @rule(p=PROJECTS, ahead=st.sampled_from(CLOCKS), skip=st.sampled_from((0, 0, 1800, 26 * 3600)))
    def set_clock(self, p: int, ahead: int, skip: int) -> None:
        if project := self._project(p):
            project.clock = ahead
            self.past += skip
            self._tell(project, f"{skip} s pass; then the clock of its host is {ahead:+} s")

    @precondition(lambda _self: drawn("flags"))
    @rule(p=PROJECTS, flag=st.sampled_from(("", "", *HARMFUL_FLAGS, *ENVIRONMENTS)))
    def set_flags(self, p: int, flag: str) -> None:
        if project := self._project(p):
            name, _, value = flag.partition("=")
            in_environment = name.startswith("RCLONE_")
            project.env = {name: value} if in_environment else {}
            project.flags = (flag,) if flag and not in_environment else ()
            self._tell(project, f"environment: {project.env}, RCLONE_FLAGS: {list(project.flags)}")

    # Commands

    @rule(p=PROJECTS, kill=KILLS, host=st.sampled_from(("web", "web", "standby")), ahead=AHEAD_ONCE)
    def back_up(self, p: int, kill: Kill | None, host: str, ahead: int) -> None:
        if project := self._project(p):
            with self._clock_ahead(project, ahead):
                self._back_up(project, kill, host, clean=False)

    @rule(p=PROJECTS, ahead=AHEAD_ONCE)
    def back_up_again(self, p: int, ahead: int) -> None:
        if project := self._project(p):
            change(project.store, len(self.told))
            with self._clock_ahead(project, ahead):
                self._back_up(project, None, "web", clean=False)

    @rule(p=PROJECTS, kill=KILLS, ahead=AHEAD_ONCE)
    def back_up_and_clean(self, p: int, kill: Kill | None, ahead: int) -> None:
        if project := self._project(p):
            with self._clock_ahead(project, ahead):
                self._back_up(project, kill, "web", clean=True)

    @rule(p=PROJECTS, kill=KILLS, allow=st.sampled_from(((), (), ("--allow-empty",), ("--allow-deletes",))))
    def back_up_media(self, p: int, kill: Kill | None, allow: tuple[str, ...]) -> None:
        if project := self._project(p):
            self._back_up_media(project, kill, allow)

    @rule(p=PROJECTS, kill=KILLS)
    def restore_latest(self, p: int, kill: Kill | None) -> None:
        if project := self._project(p):
            self._restore(project, kill)

    @rule(p=PROJECTS, index=st.integers(0, 5), after=st.sampled_from((None, None, 0, -1, 1800)))
    def restore_chosen(self, p: int, index: int, after: int | None) -> None:
        project = self._project(p)
        if project is None:
            return
        if after is None:
            area = (project.plan.area, project.plan.encrypted)
            there = [backup for backup in self.model.backups if (backup.owner.area, backup.owner.encrypted) == area]
            if there:
                self._restore_named(project, there[index % len(there)])
        elif known := self.model.own(project):
            backup = known[index % len(known)]
            at = int(backup.ended + 1 if after == 0 else backup.moment + after)
            self._restore(project, None, at=at)

    @rule(p=PROJECTS, option=st.sampled_from((("--at", ""), ("-i", ""), ("--into", ""), (), ("--json",), ("--media",))))
    def look_or_miss(self, p: int, option: tuple[str, ...]) -> None:
        project = self._project(p)
        if project is None:
            return
        if "" not in option:
            _done, changes = self._run(project, "listbackups", *option)
        else:  # a variable of the shell that is not set
            before = project.store.fingerprint()
            done, changes = self._run(project, "dbrestore", "-d", project.plan.alias, "--noinput", *option)
            if done.code == 0 or project.store.fingerprint() != before:
                raise Fault("unset-variable", f"{project}: dbrestore {option} restored something")
        self._check_untouched(project, changes, None, *project.paths)

    @rule(p=PROJECTS, kill=KILLS)
    def restore_media(self, p: int, kill: Kill | None) -> None:
        if project := self._project(p):
            self._restore_media(project, kill)

    # Damage

    @precondition(lambda _self: drawn("damage"))
    @rule(index=st.integers(0, 20), how=st.sampled_from(("cut", "flip", "delete", "garbage")))
    def damage(self, index: int, how: str) -> None:
        world = self.world
        files = sorted(self.model.owners)
        if world is None or self.ended or not files:
            return
        path = files[index % len(files)]
        area, _, name = path.removeprefix("remotes/").partition("/")
        content = (world.area(area) / name).read_bytes()
        if how == "flip" and "manifests/" in path:
            how = "garbage"  # what a manifest says may be anything then
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1 if content else 1]) + content[middle + 1 :]
        spoilt = {"cut": content[:middle], "flip": flipped, "garbage": b"\0garbage"}.get(how)
        self.told.append(f"damage: {how} {path}")
        self._put(area, name, spoilt)
        owner = self.model.owners[path]
        if spoilt is None:
            del self.model.owners[path]
        if owner.kind == "media":
            self.model.mirrors[owner] = None
        for backup in self.model.gone([path]):
            backup.damaged = True
            backup.unsigned |= owner.encrypted or "/manifests/" in path
        self.model.plain.pop(path, None)

    @precondition(lambda _self: drawn("plain"))
    @rule(p=PROJECTS, days=st.integers(-3, 0))
    def publish_as_0_4_did(self, p: int, days: int) -> None:
        project = self._project(p)
        if project is None or project.plan.encrypted or not isinstance(project.store, SqliteFile):
            return
        if not project.store.fingerprint():
            return
        stamp = datetime.fromtimestamp(self._now(project) + days * 86400, UTC).strftime("%Y-%m-%d-%H%M%S")
        name = f"{project.plan.db_folder}/{project.plan.alias}-{stamp}.sql"
        path = f"remotes/{project.plan.area}/{name}"
        self._put(project.plan.area, name, project.store.as_text())
        self._tell(project, f"django-rclone 0.4 left {name}")
        plan = project.plan
        self.model.owners[path] = Owner("plain", plan.area, False, plan.label, f"{plan.alias}={plan.name}")
        self.model.plain[path] = (database_of(project), project.store.fingerprint())

    # The end

    def _everything_comes_back(self) -> None:
        """With flags and clocks in order, each project's newest backup and its mirror come back."""
        world = self.world
        assert world is not None
        for project in world.projects:
            project.clock = 0
            own = self.model.good(project, self._now(project) + AHEAD - 60)
            newer_damaged = [backup for backup in self.model.own(project) if backup.damaged]
            if own and not newer_damaged and not self.model.doubtful(project):
                self._comes_back(project, own[0])
            if own:
                self._comes_back(project, own[-1], "-i", own[-1].path)
            if mirror := self.model.mirrors.get(media_of(project.plan)):
                self._check_mirror(project, mirror, clean=True)
