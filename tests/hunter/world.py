"""Projects as hypothesis draws them, and the folder in which all of an example happens."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from hypothesis import strategies as st

from tests.hunter import snapshot
from tests.hunter.stores import Store
from tests.support.servers import StorageServer

WITHOUT = frozenset(os.environ.get("HUNT_WITHOUT", "").replace(",", " ").split())
"""Kinds of steps and settings that a hunt leaves out, by the names that `drawn` and the machine's rules ask for."""

ENGINES = tuple(os.environ.get("ENGINES", "").replace(",", " ").split())
"""Databases on servers that projects may have, besides SQLite files: postgresql, mariadb, mysql."""

FOLDERS = ("media", "db", "files/media")
RESERVED = ("manifests", "media-history", "projects", "encrypted")
"""Folders of a remote in which no project may keep its own."""
ODD_FOLDERS = (
    "media/",
    "db/media",
    "media/db",
    "manifests/x",
    "projects",
    "projects/alpha/media",
    "encrypted",
    "files",
)

# Speed, transport and a backend's own options: none may make a difference.
HARMLESS_FLAGS = ("--transfers=2", "--checkers=1", "--bwlimit=50M", "--buffer-size=0", "--s3-upload-concurrency=1")
HARMFUL_FLAGS = (
    *("--dry-run", "--ignore-existing", "--max-age=1h", "--min-size=2k", "--exclude=*.json", "--include=*.txt"),
    *("--delete-excluded", "--max-delete=0", "--immutable", "--size-only", "--ignore-size", "--update", "--checksum"),
    *("--copy-links", "--links", "--max-depth=1", "--no-traverse", "--use-server-modtime", "--max-size=100"),
    *("--quiet", "--log-level=ERROR", "-v", "--progress", "--stats=0", "--use-json-log", "--backup-dir=/nonexistent"),
    *("--suffix=.old", "--no-check-dest", "--compare-dest=/nonexistent", "--max-transfer=1k", "--cutoff-mode=soft"),
    *(
        "--files-from=/dev/null",
        "--ignore-times",
        "--metadata",
        "--no-update-modtime",
        "--order-by=size",
        "--fast-list",
    ),
)

ENVIRONMENTS = (
    *("RCLONE_DRY_RUN=true", "RCLONE_IGNORE_EXISTING=true", "RCLONE_MAX_AGE=1h", "RCLONE_MIN_SIZE=2k"),
    *("RCLONE_EXCLUDE=*.json", "RCLONE_DELETE_EXCLUDED=true", "RCLONE_QUIET=true", "RCLONE_LOG_LEVEL=ERROR"),
    *("RCLONE_PROGRESS=true", "RCLONE_SIZE_ONLY=true", "RCLONE_INCLUDE=*.txt", "RCLONE_MAX_DEPTH=1"),
    *("RCLONE_COPY_LINKS=true", "RCLONE_LINKS=true", "RCLONE_BWLIMIT=50M", "RCLONE_TRANSFERS=2"),
    *("RCLONE_UPDATE=true", "RCLONE_USE_JSON_LOG=true", "RCLONE_SUFFIX=.old", "RCLONE_MAX_DELETE=0"),
    *("RCLONE_STATS=0", "RCLONE_IMMUTABLE=true", "RCLONE_LOCAL_SKIP_LINKS=true", "RCLONE_S3_CHUNK_SIZE=6M"),
    *("RCLONE_LOCAL_NO_CHECK_UPDATED=true", "RCLONE_CRYPT_FILENAME_ENCRYPTION=off", "RCLONE_MAX_TRANSFER=1k"),
    *("RCLONE_NO_CHECK_DEST=true", "RCLONE_CONFIG_DECRYPTED_NO_DATA_ENCRYPTION=true"),
    *("RCLONE_LOCAL_ENCODING=None", "RCLONE_FILES_FROM=/dev/null"),
)


def drawn(what: str) -> bool:
    """Whether this kind of thing is part of the hunt."""
    return what not in WITHOUT


def _sampled(what: str, plain: tuple[Any, ...], more: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from((*plain, *more) if drawn(what) else plain)


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of a project."""

    remote: str
    """The area of the remote: a, b or s3; with "crypt" before it everything is encrypted."""
    label: str
    alias: str
    name: str
    db_folder: str
    media_folder: str
    keep: int
    engine: str
    form: str
    compression: str
    wal: bool
    container: bool
    flags: tuple[str, ...]

    @property
    def area(self) -> str:
        return self.remote.removeprefix("crypt ")

    @property
    def encrypted(self) -> bool:
        return self.remote != self.area

    @property
    def refused(self) -> bool:
        """Whether every command refuses the folders, because one lies in the other or in a reserved one."""
        database, media = PurePosixPath(self.db_folder), PurePosixPath(self.media_folder)
        overlap = database.is_relative_to(media) or media.is_relative_to(database)
        return overlap or not {database.parts[0], media.parts[0]}.isdisjoint(RESERVED)

    def __str__(self) -> str:
        parts = [
            f"REMOTE={self.remote}",
            f"PROJECT={self.label!r}",
            f"{self.alias}={self.engine} {self.name}",
            f"KEEP={self.keep}",
        ]
        parts += [f"DB_BACKUP_DIR={self.db_folder}", f"MEDIA_BACKUP_DIR={self.media_folder}"]
        parts += [
            f"FORMAT={self.form}",
            f"COMPRESSION={self.compression}",
            f"wal={self.wal}",
            f"container={self.container}",
        ]
        return " ".join([*parts, *self.flags])


def _fields() -> dict[str, st.SearchStrategy[Any]]:
    """Draws each setting; most projects share a remote and a name."""
    remotes: tuple[str, ...] = ("a", "a", "a", "b")
    remotes += ("s3", "s3") if drawn("s3") else ()
    remotes += ("crypt a",) if drawn("crypt") else ()
    remotes += ("crypt s3",) if drawn("s3") and drawn("crypt") else ()
    flags = st.lists(st.sampled_from(HARMLESS_FLAGS), max_size=1) if drawn("flags") else st.just([])
    return {
        "remote": st.sampled_from(remotes),
        "label": st.sampled_from(("", "alpha", "beta")),
        "alias": st.sampled_from(("default", "default", "shop")),
        "name": st.sampled_from(("app.sqlite3", "app.sqlite3", "other.sqlite3")),
        "db_folder": _sampled("folders", ("db", "db"), ("media", "backups/db", "files")),
        "media_folder": _sampled("folders", ("media", "media"), (*FOLDERS, *ODD_FOLDERS)),
        "keep": st.integers(1, 3),
        "engine": st.sampled_from(("sqlite", *ENGINES)),
        "form": _sampled("sql", ("file", "file"), ("sql",)),
        "compression": st.sampled_from(("zstd", "gzip", "none")),
        "wal": st.booleans(),
        "container": st.booleans(),
        "flags": flags.map(tuple),
    }


@st.composite
def plans(draw: st.DrawFn) -> list[Plan]:
    """Draws the settings of two or three projects. The others are much like the first: that is where mix-ups are."""
    fields = _fields()
    first = Plan(**{name: draw(values) for name, values in fields.items()})
    found = [first]
    for _number in range(draw(st.integers(1, 2))):
        other = set(draw(st.lists(st.sampled_from(sorted(fields)), max_size=3)))
        label = draw(fields["label"])
        changes = {name: draw(fields[name]) for name in sorted(other - {"label", "container"})}
        found.append(replace(first, label=label, **changes))
    return found


@dataclass
class Project:
    """A project: its settings, and where its database and media are."""

    number: int
    plan: Plan
    folder: Path
    store: Store
    flags: tuple[str, ...] = ()
    """Further flags, which may do harm."""
    env: dict[str, str] = field(default_factory=dict)
    clock: int = 0
    """Seconds that the clock of its host is ahead."""
    aside: dict[str, Path] = field(default_factory=dict)
    """Places of the contents of folders that are not mounted, by path below the media folder."""

    @property
    def media(self) -> Path:
        return self.folder / "media"

    def __str__(self) -> str:
        return f"p{self.number}"

    @property
    def paths(self) -> tuple[str, ...]:
        """Beginnings of the paths of its database below the world; on a server it is looked at as if it had one."""
        return tuple(f"{self}/{path}" for path in self.store.paths) or (f"{self}/database",)


@dataclass
class World:
    """A folder with remotes, projects, and things that nobody may touch."""

    root: Path
    s3: StorageServer
    projects: list[Project]

    def __post_init__(self) -> None:
        for name in ("remotes/a", "remotes/b", "outside/folder", "home", "tmp", "check"):
            (self.root / name).mkdir(parents=True)
        (self.root / "outside/file.txt").write_text("outside")
        (self.root / "outside/folder/inside.txt").write_text("outside, inside a folder")
        self.s3_folder.mkdir()
        for project in self.projects:
            project.media.mkdir(parents=True)
            (project.folder / "settings.py").write_text("# next to the media folder")
            (project.media / "first.txt").write_text(f"first file of {project}")
            (project.folder / "db/next to it.txt").write_text("next to the database")
            project.store.execute(f"INSERT INTO note (text) VALUES ('first note of {project}')")

    @property
    def s3_folder(self) -> Path:
        return self.s3.folder / self.root.name

    def area(self, name: str) -> Path:
        """The folder in which the files of a remote really lie."""
        return self.s3_folder if name == "s3" else self.root / "remotes" / name

    def address(self, area: str) -> str:
        """Rclone's name for it."""
        return f"{self.s3.remote}/{self.root.name}" if area == "s3" else str(self.area(area))

    def look(self) -> dict[str, str]:
        """Returns everything there is; what lies on remotes begins with ``remotes/`` and the area."""
        there = dict(snapshot.look(self.root))
        there.update({f"remotes/s3/{path}": what for path, what in snapshot.look(self.s3_folder).items()})
        for project in self.projects:
            if not project.store.paths:
                there[f"{project}/database"] = project.store.fingerprint()
        return there

    def settings(self, project: Project, media_root: Path | None = None, *, clean: bool = False) -> dict[str, Any]:
        """The settings of a project; ``clean``: without the flags that may do harm."""
        plan = project.plan
        return {
            "DATABASES": {"default": {}, plan.alias: project.store.settings},
            "MEDIA_ROOT": str(media_root or project.media),
            "DJANGO_RCLONE": {
                "REMOTE": self.address(plan.area),
                "PROJECT": plan.label,
                "DB_BACKUP_DIR": plan.db_folder,
                "MEDIA_BACKUP_DIR": plan.media_folder,
                "DB_CLEANUP_KEEP": plan.keep,
                "COMPRESSION": plan.compression,
                "RCLONE_FLAGS": [*plan.flags, *(() if clean else project.flags)],
                "DATABASE_OPTIONS": {plan.alias: project.store.options},
                **({"ENCRYPTION_PASSWORD": "canary"} if plan.encrypted else {}),
            },
        }

    def env(self, project: Project, *, clean: bool = False) -> Mapping[str, str]:
        """The environment of a project's commands."""
        ours = {"HOME": str(self.root / "home"), "TMPDIR": str(self.root / "tmp"), **self.s3.environment}
        if project.plan.container:  # whose name says nothing
            ours["KUBERNETES_SERVICE_HOST"] = "10.0.0.1"
        return ours if clean else {**ours, **project.env}
