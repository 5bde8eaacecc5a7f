"""The doctor: all is well, and everything that a first-time user gets wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.program import Program


def examined(program: Program, **env: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code, and what `doctor --json` finds."""
    done = program.run("doctor", "--json", **env)
    document = json.loads(done.out)
    assert document["ok"] == (done.code == 0)
    return done.code, document["findings"]


def bad(findings: list[dict[str, Any]]) -> str:
    """All that fails, as text."""
    return "\n".join(f"{entry['check']}: {entry['message']}" for entry in findings if entry["level"] == "fail")


def test_where_all_is_well_it_says_so_and_leaves_nothing(program: Program):
    program.fill_media()
    code, findings = examined(program)
    assert code == 0
    checked = [entry["check"] for entry in findings]
    assert checked[0] == "target"
    assert {'database "default" reachable', 'database "default" dump', "rclone", "remote", "clock", "media"} <= set(
        checked
    )
    assert program.stored() == []
    shown = program.ok("doctor").splitlines()
    assert all(line.startswith(("ok    ", "warn  ")) for line in shown)
    assert f"sqlite3 {program.path('app')} (from DATABASE_URL" in shown[0]


def test_a_restore_is_planned_when_there_is_something_to_restore(program: Program):
    program.ok("backup")
    _, findings = examined(program)
    assert [entry for entry in findings if "can be restored to" in entry["message"]]


@pytest.mark.exhaustive
def test_an_encrypted_remote_is_tried_whole(program: Program):
    code, findings = examined(program, BACKUP_ENCRYPTION_PASSWORD="canary")
    assert code == 0
    assert [entry for entry in findings if entry["check"] == "encryption" and "only be read with" in entry["message"]]
    program.ok("backup", BACKUP_ENCRYPTION_PASSWORD="canary")
    code, findings = examined(program, BACKUP_ENCRYPTION_PASSWORD="dog")
    assert code == 1
    assert "encrypted with a different password" in bad(findings)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"DATABASE_URL": ""}, "target: "),
        ({"DATABASE_URL": "sqlite:////no/such/app.sqlite3"}, "does not exist. Correct DATABASE_URL, or NAME"),
        ({"DATABASE_URL": "postgres://app:x@127.0.0.1:1/app"}, 'database "default"'),
        ({"BACKUP_DATABASES": "other"}, 'names the database "other"; the target has: default.'),
        ({"BACKUP_REMOTE": "nowhere:x"}, "didn't find section"),
        ({"BACKUP_REMOTE": "/proc/no-such"}, "remote: "),
        (
            {"BACKUP_MEDIA_ROOT": "/no/such/media"},
            "media: /no/such/media (from BACKUP_MEDIA_ROOT) does not exist. Mount it",
        ),
        ({"BACKUP_MEDIA": "on"}, "Set BACKUP_MEDIA_ROOT to a folder."),
        ({"BACKUP_STATE_DIR": "/proc/no-such"}, "Set BACKUP_STATE_DIR to another folder."),
    ],
)
def test_each_mistake_is_found_with_its_remedy(program: Program, env: dict[str, str], words: str):
    code, findings = examined(program, **env)
    assert code == 1
    assert words in bad(findings)


@pytest.mark.exhaustive
def test_a_media_folder_that_was_emptied_is_found(program: Program):
    program.fill_media()
    program.ok("media-backup")
    (program.media / "photo.jpg").unlink()
    code, findings = examined(program)
    assert code == 1
    assert "Is a volume not mounted?" in bad(findings)


def test_what_is_no_fault_but_worth_knowing_is_a_warning(program: Program):
    code, findings = examined(program, BACKUP_REMOT="x")
    assert code == 0
    warned = [f"{entry['check']}: {entry['message']}" for entry in findings if entry["level"] == "warn"]
    assert "environment: The variable BACKUP_REMOT is unknown and has no effect. Did you mean BACKUP_REMOTE?" in warned
    assert [line for line in warned if "rollback-journal mode" in line]
