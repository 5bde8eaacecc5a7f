"""Finding client programs, with small scripts in their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_rclone.db import client_programs


def program(folder: Path, name: str, output: str = "", code: int = 0) -> Path:
    """Makes a program that prints ``output``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{output}'\nexit {code}\n")
    path.chmod(0o755)
    return path


def only_path(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    monkeypatch.setenv("PATH", ":".join(str(folder) for folder in (*folders, Path("/usr/bin"), Path("/bin"))))


def test_versions_next_to_each_other_are_all_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only_path(monkeypatch, tmp_path / "none")
    for major in (15, 17):
        program(tmp_path / "lib" / str(major) / "bin", "tool", f"tool (Suite) {major}.4 (Distribution {major}.4-1)")
    found = client_programs.find("tool", patterns=(f"{tmp_path}/lib/*/bin",))
    assert [(client.version, client.major) for client in found] == [("17.4", 17), ("15.4", 15)]
    assert found[0].path == str(tmp_path / "lib" / "17" / "bin" / "tool")


def test_what_is_on_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "own", "tool", "tool 16")
    program(tmp_path / "lib" / "18", "tool", "tool 18")
    only_path(monkeypatch, tmp_path / "own")
    assert [client.major for client in client_programs.find("tool", patterns=(f"{tmp_path}/lib/*",))] == [16, 18]


def test_only_the_named_folder_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "own", "tool", "tool 16")
    program(tmp_path / "named", "tool", "tool 15")
    only_path(monkeypatch, tmp_path / "own")
    assert [client.major for client in client_programs.find("tool", str(tmp_path / "named"))] == [15]
    assert client_programs.find("tool", str(tmp_path / "nowhere")) == []


def test_two_names_of_one_program_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = program(tmp_path / "lib" / "17", "tool", "tool 17")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "tool").symlink_to(real)
    only_path(monkeypatch, tmp_path / "own")
    assert [client.folder for client in client_programs.find("tool", patterns=(f"{tmp_path}/lib/*",))] == [
        str(tmp_path / "own")
    ]


def test_a_front_end_for_all_versions_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    front_end = program(tmp_path / "share", "pg_wrapper", "tool 15")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "tool").symlink_to(front_end)
    only_path(monkeypatch, tmp_path / "own")
    assert client_programs.find("tool") == []
    assert len(client_programs.find("tool", str(tmp_path / "own"))) == 1, "but not when the user names its folder"


def test_a_program_that_does_not_start_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "own", "tool", "tool 17", code=1)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "tool").write_text("not a program")
    only_path(monkeypatch, tmp_path / "own", tmp_path / "other")
    assert client_programs.find("tool") == []


def test_companions_are_looked_for_in_the_same_folder(tmp_path: Path) -> None:
    program(tmp_path, "tool", "tool 17")
    program(tmp_path, "friend")
    (client,) = client_programs.find("tool", str(tmp_path))
    assert client.has("friend")
    assert not client.has("friend", "stranger")
