"""The healthcheck finds out what the container is for, and asks only the `serve` that should answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_rclone_sidecar.commands.healthcheck import container_command

TINI = "/usr/bin/tini -s --"
ENTRYPOINT = "/usr/local/bin/entrypoint.sh"


@pytest.mark.parametrize(
    ("first", "command"),
    [
        (f"{TINI} {ENTRYPOINT} serve", "serve"),
        (f"/sbin/docker-init -- {TINI} {ENTRYPOINT} serve", "serve"),
        (f"{TINI} {ENTRYPOINT} backup -d serve", "backup"),
        (f"{TINI} {ENTRYPOINT} manage shell", "manage"),
        ("/opt/venv/bin/python /opt/venv/bin/django-rclone serve", "serve"),
        ("/opt/venv/bin/python -I -m django_rclone_sidecar serve", "serve"),
        (f"{TINI} {ENTRYPOINT}", ""),
        ("sleep infinity", ""),
        ("/sbin/init", ""),
    ],
)
def test_the_first_process_tells_what_the_container_is_for(first: str, command: str, tmp_path: Path) -> None:
    file = tmp_path / "cmdline"
    file.write_text("".join(f"{word}\0" for word in first.split()))
    assert container_command(file) == command


def test_where_the_first_process_is_not_to_be_seen_nobody_can_tell(tmp_path: Path) -> None:
    assert container_command(tmp_path / "cmdline") == ""
