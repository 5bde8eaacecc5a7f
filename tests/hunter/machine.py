"""The steps that hypothesis draws, and what must be true after each."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition
from hypothesis.stateful import rule as any_rule

from tests.hunter import media_files
from tests.hunter.client import Ended, Kill, Worker
from tests.hunter.model import AHEAD, CODES, Backup, Fault, Model, Owner, database_of, media_of
from tests.hunter.snapshot import Difference, difference
from tests.hunter.world import (
    HARMFUL_FLAGS,
    Plan,
    Project,
    World,
    as_text,
    change_rows,
    drawn,
    fingerprint,
    plans,
)
from tests.servers import StorageServer

INACCURATE = 300
"""Seconds that two clocks may differ and still count as equal."""

PROJECTS = st.integers(0, 2)
SEEDS = st.integers(0, 999)
CLOCKS = (0, 0, -1800, 1800, 3 * 3600, 2 * 86400, 400 * 86400, -2 * 86400, -400 * 86400)
KILL = st.builds(Kill, st.integers(1, 14), st.booleans())
KILLS = st.one_of(st.none(), st.none(), st.none(), KILL) if drawn("kill") else st.none()
ENVIRONMENTS = (
    *("RCLONE_DRY_RUN=true", "RCLONE_IGNORE_EXISTING=true", "RCLONE_MAX_AGE=1h", "RCLONE_MIN_SIZE=2k"),
    *("RCLONE_EXCLUDE=*.json", "RCLONE_DELETE_EXCLUDED=true", "RCLONE_QUIET=true", "RCLONE_LOG_LEVEL=ERROR"),
    *("RCLONE_PROGRESS=true", "RCLONE_SIZE_ONLY=true", "RCLONE_INCLUDE=*.txt", "RCLONE_MAX_DEPTH=1"),
    *("RCLONE_COPY_LINKS=true", "RCLONE_LINKS=true", "RCLONE_BWLIMIT=50M", "RCLONE_TRANSFERS=2", "RCLONE_UPDATE=true"),
    *(
        "RCLONE_USE_JSON_LOG=true",
        "RCLONE_SUFFIX=.old",
        "RCLONE_MAX_DELETE=0",
        "RCLONE_STATS=0",
        "RCLONE_IMMUTABLE=true",
    ),
    *("RCLONE_LOCAL_SKIP_LINKS=true", "RCLONE_S3_CHUNK_SIZE=6M", "RCLONE_LOCAL_NO_CHECK_UPDATED=true"),
    *("RCLONE_CRYPT_FILENAME_ENCRYPTION=off", "RCLONE_MAX_TRANSFER=1k", "RCLONE_NO_CHECK_DEST=true"),
    *("RCLONE_CONFIG_DECRYPTED_NO_DATA_ENCRYPTION=true", "RCLONE_LOCAL_ENCODING=None", "RCLONE_FILES_FROM=/dev/null"),
)


@dataclass
class Hunt:
    """What the examples of a hunt share, and what they have counted."""

    base: Path
    s3: StorageServer
    worker: Worker
    until: float = float("inf")
    """When it ends, on the monotonic clock."""
    steps: int = 0
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
        return time.monotonic() > self.until and self.found_after is None


def rule(**drawn_arguments: Any) -> Callable[[Callable[..., None]], Any]:
    """Marks a step; a fault that is not hunted for ends the example."""

    def mark(step: Callable[..., None]) -> Any:
        @wraps(step)
        def guarded(machine: Machine, **arguments: Any) -> None:
            with machine.minding():
                step(machine, **arguments)

        return any_rule(**drawn_arguments)(guarded)

    return mark


class Machine(RuleBasedStateMachine):
    """One example: a world, and steps in it."""

    hunt: ClassVar[Hunt]

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None
        self.model = Model()
        self.faults = Fault.count
        self.told: list[str] = []
        self.ended = False
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

    # Worlds

    @initialize(drawn_plans=plans())
    def begin(self, drawn_plans: list[Plan]) -> None:
        if self.hunt.over:
            return
        self.hunt.examples += 1
        root = Path(tempfile.mkdtemp(prefix="w", dir=self.hunt.base))
        projects = [Project(number, plan, root / f"p{number}") for number, plan in enumerate(drawn_plans)]
        self.world = World(root, self.hunt.s3, projects)
        self.told += [f"{project}: {project.plan}" for project in projects]

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
            shutil.rmtree(world.root, ignore_errors=True)
            shutil.rmtree(world.s3_folder, ignore_errors=True)

    # Changes of the projects' own data

    @rule(p=PROJECTS, seed=SEEDS)
    def change_rows(self, p: int, seed: int) -> None:
        if (project := self._project(p)) and project.database.exists():
            self._tell(project, f"rows: {change_rows(project.database, seed)}")

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
            for path in project.database.parent.glob(f"{project.plan.name}*"):
                path.unlink()
            self._tell(project, "the database file is lost")
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

    @rule(p=PROJECTS, kill=KILLS, host=st.sampled_from(("web", "web", "standby")))
    def back_up(self, p: int, kill: Kill | None, host: str) -> None:
        if project := self._project(p):
            self._back_up(project, kill, host, clean=False)

    @rule(p=PROJECTS)
    def back_up_again(self, p: int) -> None:
        if project := self._project(p):
            if project.database.exists():
                change_rows(project.database, len(self.told))
            self._back_up(project, None, "web", clean=False)

    @rule(p=PROJECTS, kill=KILLS)
    def back_up_and_clean(self, p: int, kill: Kill | None) -> None:
        if project := self._project(p):
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
            before = project.fingerprint()
            done, changes = self._run(project, "dbrestore", "-d", project.plan.alias, "--noinput", *option)
            if done.code == 0 or project.fingerprint() != before:
                raise Fault("unset-variable", f"{project}: dbrestore {option} restored something")
        self._check_untouched(project, changes, None, *self._allowed_at_database(project))

    @rule(p=PROJECTS, kill=KILLS)
    def restore_media(self, p: int, kill: Kill | None) -> None:
        if project := self._project(p):
            self._restore_media(project, kill)

    @rule(p=PROJECTS, option=st.sampled_from(((), ("--json",), ("--media",))))
    def list_backups(self, p: int, option: tuple[str, ...]) -> None:
        if project := self._project(p):
            _done, changes = self._run(project, "listbackups", *option)
            self._check_untouched(project, changes, None)

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
        self.model.plain.pop(path, None)

    @precondition(lambda _self: drawn("plain"))
    @rule(p=PROJECTS, days=st.integers(-3, 0))
    def publish_as_0_4_did(self, p: int, days: int) -> None:
        project = self._project(p)
        if project is None or project.plan.encrypted or not project.database.exists():
            return
        stamp = datetime.fromtimestamp(self._now(project) + days * 86400, UTC).strftime("%Y-%m-%d-%H%M%S")
        name = f"{project.plan.db_folder}/{project.plan.alias}-{stamp}.sql"
        path = f"remotes/{project.plan.area}/{name}"
        self._put(project.plan.area, name, as_text(project.database))
        self._tell(project, f"django-rclone 0.4 left {name}")
        plan = project.plan
        self.model.owners[path] = Owner("plain", plan.area, False, plan.label, f"{plan.alias}={plan.name}")
        self.model.plain[path] = (database_of(plan), project.fingerprint())

    # What the steps are made of

    def _project(self, number: int) -> Project | None:
        if self.world is None or self.ended or self.hunt.over:
            return None
        return self.world.projects[number % len(self.world.projects)]

    def _tell(self, project: Project, what: str) -> None:
        self.told.append(f"{project}: {what}")

    def _now(self, project: Project) -> float:
        return time.time() + self.past + project.clock

    def _dated(self, project: Project, moment: float) -> float:
        """Returns when a backup was begun, by the best clock that was looked at: the storage's, which is right, where
        it has one and the host's is wrong."""
        ahead = self.past + project.clock
        return moment - ahead if project.plan.area == "s3" and abs(ahead) > INACCURATE else moment

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
            project.database.parent,
            now=datetime.fromtimestamp(self._now(project), UTC),
            host=host,
            kill=kill,
        )
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
                self.model.owners[path] = self._guide(owner) if Path(path).name.startswith("RESTORE.md") else owner
                continue
            mine = whose is not None and (whose == owner or (whose.kind == "guide" and owner is not None))
            if whose is not None and owner is not None and whose.kind == "plain" and owner.kind == "db":
                mine = whose.label == owner.label or not owner.label
            if not mine:
                raise Fault(f"foreign-{whose.kind if whose else 'file'}-{how}", f"{project} {how} {path} of {whose}")
            if how == "removed":
                self.model.owners.pop(path, None)
                self.model.plain.pop(path, None)

    def _guide(self, owner: Owner) -> Owner:
        return Owner("guide", owner.area, owner.encrypted, "", "")

    # Databases

    def _allowed_at_database(self, project: Project) -> tuple[str, ...]:
        """Beginnings of the paths of the database's file, what SQLite puts next to it, and what a restore stages."""
        return f"{project}/db/{project.plan.name}", f"{project}/db/.{project.plan.name}"

    def _back_up(self, project: Project, kill: Kill | None, host: str, *, clean: bool) -> None:
        contents = project.fingerprint()
        arguments = ("dbbackup", "-d", project.plan.alias, *(("--clean",) if clean else ()))
        done, changes = self._run(project, *arguments, kill=kill, host=host)
        owner = database_of(project.plan)
        self._check_untouched(project, changes, owner, *self._allowed_at_database(project))
        if project.fingerprint() != contents:
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
            self._look_for_unpromised(project, contents, done, changes)
        for backup in removed:
            self._check_removal(project, backup, done)
        if made is not None:
            self._check_latest(project, made, done)

    def _look_for_unpromised(self, project: Project, contents: str, done: Ended, changes: Difference) -> None:
        """A run that did not end well may have got as far as its manifest: then the backup exists all the same."""
        listed, _changes = self._run(project, "listbackups", "-d", project.plan.alias, "--json", clean=True)
        known = {backup.path for backup in self.model.backups}
        owner = database_of(project.plan)
        files = frozenset(path for path in changes.added if self.model.owners.get(path) == owner)
        if listed.code != 0:
            return
        for path in re.findall(r'"path": "([^"]+)"[^{}]*?"state": "good"', listed.out, re.DOTALL):
            if path not in known and Path(path).name in {Path(file).name for file in files}:
                self.model.backups.append(
                    Backup(owner, path, contents, self._dated(project, done.begun), done.ended, files)
                )

    def _check_removal(self, project: Project, backup: Backup, done: Ended) -> None:
        if backup.damaged:
            return
        plain = [path for path, (owner, _what) in self.model.plain.items() if owner.area == backup.owner.area]
        limit = self._limits(project, done.ended)[-1]
        newer = [other for other in self.model.good(project, limit) if other.moment > backup.moment]
        if len(newer) + len(plain) < project.plan.keep or not newer:
            kept = [f"{other.path} ({other.moment - done.begun:+.0f} s)" for other in self.model.own(project)]
            gone = f"{backup.path} ({backup.moment - done.begun:+.0f} s)"
            raise Fault(
                "kept-backup-removed",
                f"{project}, KEEP={project.plan.keep}: {gone}, left: {kept}",
            )

    def _check_latest(self, project: Project, made: Backup, done: Ended) -> None:
        """Exit code 0 means: restored now, it is this very state, unless another host's clock is a little ahead."""
        limits = self._limits(project, done.ended)
        best = [found[0] for limit in limits if (found := self.model.good(project, limit))]
        into = self.world.root / "check" / "latest.sqlite3"  # type: ignore[union-attr]
        restored, changes = self._run(project, "dbrestore", "-d", project.plan.alias, "--noinput", "--into", str(into))
        self._check_untouched(project, changes, None, "check/", *self._allowed_at_database(project))
        if restored.code != 0:
            raise Fault("not-restorable", f"{project}: {made.path} was promised, and: {restored.err}")
        there = fingerprint(into)
        if not any(backup.fingerprint == there and backup.path in restored.out for backup in best):
            paths = [backup.path for backup in best]
            raise Fault("latest-is-another", f"{project}: {paths} was expected, not {restored.out}")
        into.unlink()

    def _restore(self, project: Project, kill: Kill | None, at: int | None = None) -> None:
        before = project.fingerprint()
        moment = () if at is None else ("--at", datetime.fromtimestamp(at, UTC).isoformat())
        done, changes = self._run(project, "dbrestore", "-d", project.plan.alias, "--noinput", *moment, kill=kill)
        self._check_untouched(project, changes, None, *self._allowed_at_database(project))
        after = project.fingerprint()
        limits = self._limits(project, done.ended)
        if at is not None:
            limits = [at, *(min(at, limit) for limit in limits)]
        wanted = {found[0].fingerprint for limit in limits if (found := self.model.good(project, limit))}
        if not wanted and done.code == 0:
            wanted = {backup.fingerprint for backup in self.model.related(project)}
        self._check_restored(project, done, before, after, wanted)

    def _restore_named(self, project: Project, backup: Backup) -> None:
        before = project.fingerprint()
        done, changes = self._run(project, "dbrestore", "-d", project.plan.alias, "--noinput", "-i", backup.path)
        self._check_untouched(project, changes, None, *self._allowed_at_database(project))
        self._check_restored(project, done, before, project.fingerprint(), {backup.fingerprint})

    def _check_restored(self, project: Project, done: Ended, before: str, after: str, wanted: set[str]) -> None:
        if done.killed:
            if after not in {before, *wanted}:
                raise Fault("torn-restore", f"{project}: neither the old nor the new state")
        elif done.code == 0:
            if after not in wanted:
                raise Fault("wrong-restore", f"{project} restored what is not its own newest: {done.out}")
        elif after != before:
            raise Fault("failed-restore-changes", f"{project}: {done.err}")

    # Media

    def _media_now(self, project: Project, prefix: str = "") -> dict[str, str]:
        """Returns the regular files in a media folder."""
        start = prefix or f"{project}/media/"
        look = self.world.look()  # type: ignore[union-attr]
        return {
            path.removeprefix(start): what
            for path, what in look.items()
            if path.startswith(start) and not what.startswith(("folder", "special", "link"))
        }

    def _back_up_media(self, project: Project, kill: Kill | None, allow: tuple[str, ...]) -> None:
        owner = media_of(project.plan)
        before = self.model.mirrors.get(owner, {})
        done, changes = self._run(project, "mediabackup", *allow, kill=kill)
        self._check_untouched(project, changes, owner)
        if done.code != 0:
            if changes.paths:
                self.model.mirrors[owner] = None
            return
        files = self._media_now(project)
        self.model.mirrors[owner] = files
        gone = len(before.keys() - files.keys()) if before else 0
        if before and not allow and gone > 10 and gone > len(before) / 2:
            raise Fault("mirror-erased", f"{project}: {gone} of {len(before)} files without a question")
        self._check_mirror(project, files)

    def _check_mirror(self, project: Project, files: Mapping[str, str], *, clean: bool = False) -> None:
        world = self.world
        assert world is not None
        folder = world.root / "check" / "media"
        folder.mkdir()
        done, changes = self._run(project, "mediarestore", "--noinput", media_root=folder, clean=clean)
        self._check_untouched(project, changes, None, "check/")
        restored = self._media_now(project, "check/media/")
        if files and done.code != 0:
            raise Fault("media-not-restorable", f"{project}: {done.err}")
        if restored != dict(files):
            differing = {path for path in {*restored, *files} if restored.get(path) != files.get(path)}
            raise Fault("media-differ", f"{project}: {sorted(differing)}")
        shutil.rmtree(folder)

    def _restore_media(self, project: Project, kill: Kill | None) -> None:
        owner = media_of(project.plan)
        done, changes = self._run(project, "mediarestore", "--noinput", kill=kill)
        self._check_untouched(project, changes, None, f"{project}/media", f"{project}/media/")
        mirror = self.model.mirrors.get(owner, {})
        if done.code != 0 or mirror is None:
            return
        found = self._media_now(project)
        if found != mirror:
            differing = {path for path in {*found, *mirror} if found.get(path) != mirror.get(path)}
            raise Fault("foreign-media" if not mirror else "media-differ", f"{project}: {sorted(differing)}")

    # The end

    def _everything_comes_back(self) -> None:
        """With flags and clocks in order, each project's newest backup and its mirror come back."""
        world = self.world
        assert world is not None
        for project in world.projects:
            project.clock = 0
            own = self.model.good(project, self._now(project) + AHEAD - 60)
            newer_damaged = [backup for backup in self.model.own(project) if backup.damaged]
            if own and not newer_damaged:
                self._comes_back(project, own[0])
            if own:
                self._comes_back(project, own[-1], "-i", own[-1].path)
            if mirror := self.model.mirrors.get(media_of(project.plan)):
                self._check_mirror(project, mirror, clean=True)

    def _comes_back(self, project: Project, backup: Backup, *named: str) -> None:
        into = self.world.root / "check" / "last.sqlite3"  # type: ignore[union-attr]
        arguments = ("dbrestore", "-d", project.plan.alias, "--noinput", "--into", str(into), *named)
        done, changes = self._run(project, *arguments, clean=True)
        self._check_untouched(project, changes, None, "check/", *self._allowed_at_database(project))
        if done.code != 0:
            raise Fault("not-restorable", f"{project}: {backup.path}: {done.err}")
        if fingerprint(into) != backup.fingerprint:
            raise Fault("wrong-restore", f"{project}: {backup.path} was expected, not {done.out}")
        into.unlink()
