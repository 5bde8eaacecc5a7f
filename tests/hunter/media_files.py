"""Changes of media folders."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

from tests.hunter.world import Project, drawn

NAMES = ("a.txt", "sub/b.bin", "sub/deep/c.jpg", "photos/2026/d.jpg", "e.txt", ".hidden", "app.sqlite3")
ODD_NAMES = (
    *("n\u00e4\u00efve \u2603.txt", "e\u0301.txt", " leading", "trailing ", "dot.", "new\nline", "-dash", "--flag=x"),
    *("*?[x]{y}.txt", "100%.txt", "%2F.txt", "back\\slash", "colon:name", 'quo"te', "\U0001f388.txt", "x.partial"),
    *("RESTORE.md", "manifests/20261123T101500Z-default-abc123.json", "db/default-2026-11-23-101500.sql", "~", "tab\t"),
    *(
        "# comment",
        "; semicolon",
        "CON",
        "\u202egpj.txt",
        "bad\udcff.txt",
        "\x01",
        "\uff0e\uff0e",
        "sub/\u2400",
        "\u201b",
    ),
)
KINDS = ("add", "add", "add", "change", "equal size", "delete", "delete folder", "empty folder", "many")
ODD_KINDS = ("odd", "odd")
LINK_KINDS = ("link", "link to folder", "broken link", "fifo", "folder becomes link")
ACTIONS = st.sampled_from((*KINDS, *ODD_KINDS, *LINK_KINDS))


def everything(_path: str, _what: str) -> bool:
    """Fits every file."""
    return True


FILTERS: dict[str, Callable[[str, str], bool]] = {
    "exclude=*.json": lambda path, _what: not path.endswith(".json"),
    "include=*.txt": lambda path, _what: path.endswith(".txt"),
    "min-size=2k": lambda _path, what: int(what.split()[0]) >= 2048,
    "max-size=100": lambda _path, what: int(what.split()[0]) <= 100 * 1024,  # rclone counts in KiB
    "max-depth=1": lambda path, _what: "/" not in path,
    "files-from=/dev/null": lambda _path, _what: False,
    "max-age=1h": everything,  # of rclone's clock, which is right
}
"""Those among the flags that choose media files; the arguments are a path and what lies there."""


def chosen(project: Project) -> Callable[[str, str], bool]:
    """Returns what tells whether a project's flags or environment let rclone see a media file."""
    variables = (
        f"{name.removeprefix('RCLONE_').lower().replace('_', '-')}={value}" for name, value in project.env.items()
    )
    flags = (flag.removeprefix("--") for flag in project.flags)
    return next((FILTERS[one] for one in (*flags, *variables) if one in FILTERS), everything)


def possible(action: str) -> bool:
    """Whether this kind of change is part of the hunt."""
    return (action not in ODD_KINDS or drawn("odd")) and (action not in LINK_KINDS or drawn("links"))


def change(media: Path, outside: Path, action: str, seed: int) -> str:
    """Changes something in a media folder; returns what was done."""
    source = random.Random(seed)
    name = source.choice(ODD_NAMES if action in ODD_KINDS else NAMES)
    path = media / name
    if not media.is_dir():
        return "no folder"
    if action in LINK_KINDS:
        return _link(media, outside, action, source)
    match action:
        case "add" | "odd":
            return _write(media, path, f"{seed} {name!r}".encode() * source.choice((1, 1, 900)))
        case "many":
            for number in range(12):
                _write(media, media / f"many/{number}.jpg", f"{seed} {number}".encode())
            return "many/0 to 11"
        case "empty folder":
            (media / "empty").mkdir(exist_ok=True)
            return "empty folder"
    there = sorted(found for found in media.rglob("*") if found.is_file() and not _below_link(media, found))
    if not there:
        return "nothing there"
    chosen = source.choice(there)
    match action:
        case "change":
            return _write(media, chosen, f"changed {seed}".encode())
        case "equal size":
            return _write(media, chosen, source.randbytes(chosen.stat().st_size))
        case "delete":
            chosen.unlink()
            return f"delete {chosen.relative_to(media)}"
    if chosen.parent != media:
        shutil.rmtree(chosen.parent)
    return f"delete folder of {chosen.relative_to(media)}"


def _link(media: Path, outside: Path, action: str, source: random.Random) -> str:
    if action == "fifo":
        fifo = media / "fifo"
        return _replace(fifo, lambda: os.mkfifo(fifo))
    target = {"link": outside / "file.txt", "broken link": Path("nowhere")}.get(action, outside / "folder")
    names = ("sub", "photos", "many") if action == "folder becomes link" else ("link", "sub", "a.txt")
    link = media / source.choice(names)
    return _replace(link, lambda: link.symlink_to(target)) + f" -> {target.name}"


def _below_link(media: Path, path: Path) -> bool:
    return any(part.is_symlink() for part in (path, *path.parents) if media in (part, *part.parents) and part != media)


def _write(media: Path, path: Path, content: bytes) -> str:
    if _below_link(media, path):
        return "nothing (below a link)"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        return f"nothing ({error.strerror})"
    return f"write {path.relative_to(media)!s}"


def _replace(path: Path, make: Callable[[], object]) -> str:
    if path.is_symlink() or path.is_file() or path.is_fifo():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)
    make()
    return f"{path.name}"
