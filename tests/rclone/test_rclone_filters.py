"""Filters that users set are meant for media files: no other call sees them. With a real rclone."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from django_rclone.process import run
from django_rclone.rclone.remote import Remote


@pytest.fixture
def filled(remote: Remote) -> Remote:
    """A remote that has a manifest, an object and media files."""
    for name in ("manifests/a.json", "db/a.dump", "media/a.json", "media/cache/b", "media/c.jpg", "media/x,y"):
        file = Path(remote.root, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(name))
    return remote


def paths(remote: Remote, *, filtered: bool) -> list[str]:
    return sorted(entry.path for entry in remote.files("media", recursive=True, filtered=filtered))


EVERYTHING = ["a.json", "c.jpg", "cache/b", "x,y"]
FILTERS = [
    (("--exclude", "*.json"), {"RCLONE_EXCLUDE": "*.json"}, ["c.jpg", "cache/b", "x,y"]),
    (
        ("--exclude=cache/**", "--exclude=*.json"),
        {"RCLONE_EXCLUDE": "cache/**,*.json"},
        ["c.jpg", "x,y"],
    ),
    (("--include", "*.{json,jpg}"), {"RCLONE_INCLUDE": '"*.{json,jpg}"'}, ["a.json", "c.jpg"]),
    (("-f", "- *.json"), {"RCLONE_FILTER": "- *.json"}, ["c.jpg", "cache/b", "x,y"]),
    (("--max-size", "10B"), {"RCLONE_MAX_SIZE": "10B"}, []),
    (("--min-age", "1h"), {"RCLONE_MIN_AGE": "1h"}, []),
    (("--max-depth", "1"), {"RCLONE_MAX_DEPTH": "1"}, ["a.json", "c.jpg", "x,y"]),
    (
        ("--ignore-case", "--exclude", "*.JSON"),
        {"RCLONE_IGNORE_CASE": "true", "RCLONE_EXCLUDE": "*.JSON"},
        ["c.jpg", "cache/b", "x,y"],
    ),
]


@pytest.mark.every(3)
@pytest.mark.parametrize("spelled", ["flags", "variables"])
@pytest.mark.parametrize(("flags", "variables", "expected"), FILTERS)
def test_a_filter_chooses_among_media_and_hides_nothing_else(
    filled: Remote,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    flags: tuple[str, ...],
    variables: dict[str, str],
    expected: list[str],
    spelled: str,
) -> None:
    if spelled == "flags":
        filled = dataclasses.replace(filled, flags=("--transfers", "2", *flags, "--fast-list"))
    else:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
    assert filled.filters
    assert paths(filled, filtered=True) == expected
    assert paths(filled, filtered=False) == EVERYTHING
    assert filled.stat("manifests/a.json") is not None
    assert filled.contents("manifests", ("*.json",)) == ['"manifests/a.json"']
    assert run(filled.read("db/a.dump")) == b'"db/a.dump"'
    filled.put("db/b.json", b"", atomic=False)
    assert filled.stat("db/b.json") is not None
    filled.delete("db/b.json")
    assert filled.stat("db/b.json") is None
    restored = tmp_path / "restored"
    run(filled.sync(filled.path("media"), str(restored)))
    assert sorted(str(file.relative_to(restored)) for file in restored.rglob("*") if file.is_file()) == expected


def test_a_filtered_sync_leaves_alone_what_it_excludes(filled: Remote, tmp_path: Path) -> None:
    local = tmp_path / "local"
    (local / "cache").mkdir(parents=True)
    for name in ("cache/mine", "gone"):
        (local / name).write_text("")
    run(dataclasses.replace(filled, flags=("--exclude", "cache/**")).sync(filled.path("media"), str(local)))
    assert (local / "cache/mine").exists()
    assert not (local / "gone").exists()


def test_without_filters_there_are_none(remote: Remote) -> None:
    assert dataclasses.replace(remote, flags=("--transfers", "2", "--fast-list")).filters == ()
