from __future__ import annotations

from django_rclone.command import Attached, Command, Secret


def test_a_command_shows_no_secret() -> None:
    command = Command(
        ("/usr/bin/pg_dump", "--pass", Secret("hunter2"), Attached(b"hunter2", "password file"), "a b"),
        env={"PGPASSWORD": Secret("hunter2")},
    )
    assert str(command) == "/usr/bin/pg_dump --pass *** <password file> 'a b'"
    assert "hunter2" not in repr(command)
    assert command.program == "pg_dump"
    assert str(Secret("hunter2")) == "***"
    assert "hunter2" not in f"{Secret('hunter2')!r}"
