"""Backups are dated by the best clock at hand: the storage's, else the server's, else this machine's."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from django_rclone import backup, catalog, clocks, restore
from django_rclone.command import Command
from django_rclone.db.base import Facts
from django_rclone.rclone.abilities import Abilities
from django_rclone.rclone.remote import Remote
from django_rclone.selection import Owner
from tests.commands.test_recipes import NAMES, NOW, STORAGE, a_run
from tests.unit.plain import PlainConnector

YEAR = timedelta(days=365)


class Server(PlainConnector):
    """The text file behind a server with a clock."""

    clock: datetime | None = None

    def facts(self, output: str) -> Facts:
        return dataclasses.replace(super().facts(output), clock=self.clock)


@pytest.fixture
def server(tmp_path: Path) -> Server:
    (tmp_path / "app.txt").write_text("so it goes\n" * 20)
    return Server("default", {"NAME": str(tmp_path / "app.txt")})


@pytest.fixture
def storage(remote: Remote) -> Remote:
    return dataclasses.replace(remote, binary=STORAGE)


def bucket(monkeypatch: pytest.MonkeyPatch, clock: datetime) -> None:
    """Makes the storage one with a clock of its own."""
    monkeypatch.setattr(Remote, "abilities", lambda _remote: Abilities(atomic=True, streams=True))
    monkeypatch.setattr(Remote, "stored_at", lambda _remote, _path: clock)


@pytest.mark.parametrize("off", [YEAR, -YEAR, timedelta(minutes=6)])
def test_a_backup_is_dated_by_the_servers_clock_where_ours_differs(
    server: Server, storage: Remote, caplog: pytest.LogCaptureFixture, off: timedelta
) -> None:
    server.clock = NOW + off
    run = a_run(storage)
    for _ in range(2):
        made = backup.back_up(server, run)
        assert (made.started_at, made.finished_at, run.now()) == (NOW + off,) * 3
    warnings = [message for message in caplog.messages if "The clock of this machine is" in message]
    assert len(warnings) == 1
    assert ("behind" if off > timedelta() else "ahead of") in warnings[0]
    assert all(one.state is catalog.BackupState.GOOD for one in catalog.load(storage, NAMES))


@pytest.mark.parametrize("off", [timedelta(), timedelta(minutes=4), timedelta(minutes=-4)])
def test_small_differences_are_none(
    server: Server, storage: Remote, caplog: pytest.LogCaptureFixture, off: timedelta
) -> None:
    server.clock = NOW + off
    assert backup.back_up(server, a_run(storage)).started_at == NOW
    assert caplog.messages == []


@pytest.mark.parametrize("servers", [None, timedelta(), YEAR])
def test_the_storages_clock_counts_more_than_the_servers(
    server: Server, storage: Remote, monkeypatch: pytest.MonkeyPatch, servers: timedelta | None
) -> None:
    server.clock = servers if servers is None else NOW + servers
    bucket(monkeypatch, NOW - YEAR)
    assert backup.back_up(server, a_run(storage)).started_at == NOW - YEAR


def test_a_restore_asks_other_clocks_which_of_the_two_is_wrong(
    server: Server, storage: Remote, caplog: pytest.LogCaptureFixture
) -> None:
    now = datetime.now(NOW.tzinfo)
    for days in (-1, 2):
        run = a_run(storage)
        run.clock = lambda days=days: now + timedelta(days=days)  # type: ignore[misc]
        run.point = backup.recovery_points.name_of(run.clock())
        path = backup.back_up(server, run).objects[0].path
    owner = Owner("shop", "default", server.name)
    assert restore.latest(storage, NAMES, owner, connector=server).path != path
    assert "dated in the future" in caplog.text
    server.clock = now + timedelta(days=3)  # ours is behind
    assert restore.latest(storage, NAMES, owner, connector=server).path == path
    assert restore.latest(storage, NAMES, owner, at=now + timedelta(days=2.5), connector=server).path == path


def test_a_server_that_cannot_be_asked_keeps_no_backup_from_being_found(
    server: Server, storage: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = backup.back_up(server, a_run(storage))
    monkeypatch.setattr(clocks, "AHEAD", timedelta(days=-9999))
    monkeypatch.setattr(Server, "probe", lambda _server: Command(("false",)))
    owner: Any = Owner("shop", "default", server.name)
    assert restore.latest(storage, NAMES, owner, connector=server).id == made.id
