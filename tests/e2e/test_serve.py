"""The image left running: it begins by itself, says how it is, and survives whatever happens to it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.container import Sidecar, url
from tests.e2e.serving import OFTEN, Serving, serving
from tests.support.servers import PostgresServer, start_postgres
from tests.support.servers.s3gateway import start_gateway

# Some megabytes that do not compress: with the speed below a backup of them takes a while.
PAYLOAD = """
CREATE TABLE payload AS
    SELECT n, (SELECT string_agg(sha512((n * 1000 + part)::text::bytea), '') FROM generate_series(1, 16) part)
    FROM generate_series(1, 8000) n
"""
# Without the buffer: with it rclone takes all of it in at once, and the dump has ended before it can be disturbed.
SLOWLY = {"RCLONE_BWLIMIT": "512k", "RCLONE_BUFFER_SIZE": "0"}


@pytest.fixture
def state(sqlite: Sidecar, volume: str) -> Sidecar:
    """The image with a small SQLite database, and what it writes on a volume."""
    return Sidecar(sqlite.image, {**sqlite.env, "BACKUP_STATE_DIR": "/backups/state"}, sqlite.volumes)


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A server that a test may end."""
    with start_postgres(17) as server:
        server.query(PAYLOAD)
        yield server


def slow(on: Callable[[str], Sidecar], server: PostgresServer) -> Sidecar:
    """The image with a database whose backup takes a while, and a volume."""
    remote = on("volume")
    env = {"DATABASE_URL": url(server.settings("postgres")), "BACKUP_STATE_DIR": "/backups/state", **SLOWLY}
    return Sidecar(remote.image, {**remote.env, **env}, remote.volumes)


def states(running: Serving) -> list[str]:
    """Returns the states of the listed backups, except those that are just being written."""
    return [entry["state"] for entry in running.listed() if entry["state"] != "partial"]


def test_without_a_backup_it_begins_with_one_and_a_stop_ends_it(state: Sidecar) -> None:
    with serving(state) as running:
        running.wait_ended(1, "success")
        assert states(running) == ["good"]
        running.wait_metric("backups_stored", 1)
        assert running.status()["ok"]
        assert running.fetch("/healthz") == "ok\n"
        assert "No backup of default since the last slot" in running.logs()
        assert running.stop() == 128 + signal.SIGTERM
        assert "Traceback" not in running.logs()


@pytest.mark.exhaustive
def test_a_start_after_a_good_backup_makes_none(state: Sidecar) -> None:
    with serving(state) as running:
        running.wait_ended(1, "success")
        running.stop()
        running.start()
        running.wait_health("healthy")
        assert running.ended("success") == 1
        assert states(running) == ["good"]


def test_without_a_target_it_ends_and_says_how_to_name_one(image: str) -> None:
    done = Sidecar(image).run()
    assert done.code == 2
    assert "DATABASE_URL" in done.err
    assert "Traceback" not in done.err


@pytest.mark.exhaustive
def test_without_a_place_for_its_state_it_works_and_says_what_is_lost(sqlite: Sidecar) -> None:
    with serving(sqlite) as running:
        running.wait_metric("backups_stored", 1)
        assert running.ended("success") == 1
        assert "/state is not writable: a restart loses the list of runs" in running.logs()
        before = running.metric("backup_last_success_timestamp_seconds")
        running.kill()
        running.start()
        # What the remote says is back at once; what was counted here is not.
        running.wait_metric("backups_stored", 1)
        assert running.metric("backup_last_success_timestamp_seconds") == before
        assert running.ended("success") == 0


@pytest.mark.exhaustive
def test_a_backup_by_exec_is_in_the_metrics(sqlite: Sidecar) -> None:
    with serving(sqlite, BACKUP_SCHEDULE="off") as running:
        running.wait_health("healthy")
        assert running.ended("success") in (None, 0)
        running.ok("django-rclone", "backup")
        running.wait_ended(1, "success")
        assert running.database()["last_success_at"]


@pytest.mark.exhaustive
def test_it_is_unhealthy_while_the_schedule_stands_still(state: Sidecar) -> None:
    with serving(state) as running:
        running.wait_health("healthy")
        running.signal(signal.SIGSTOP, "scheduler")
        running.wait_health("unhealthy", 150)
        assert "The scheduler has not responded for" in running.fetch("/healthz")
        running.signal(signal.SIGCONT, "scheduler")
        running.wait_health("healthy")


@pytest.mark.representatives("plain")
@pytest.mark.parametrize("options", [(), ("--init",)], ids=["plain", "init"])
def test_a_verb_that_ends_by_itself_is_never_unhealthy(options: tuple[str, ...], sqlite: Sidecar) -> None:
    script = "import signal; signal.pause()"
    manage = ("manage", "shell", "--no-imports", "-c", script)
    with serving(sqlite, *manage, options=(*OFTEN, *options, "--health-retries=1")) as running:
        running.wait_health("healthy")
        assert running.exec("django-rclone", "healthcheck").out == "This container runs manage.\n"


def test_a_shell_in_place_of_the_entrypoint_is_never_unhealthy(sqlite: Sidecar) -> None:
    with serving(sqlite, "infinity", options=(*OFTEN, "--entrypoint=sleep", "--health-retries=1")) as running:
        running.wait_health("healthy")


@pytest.mark.exhaustive
def test_a_stop_in_the_middle_of_a_backup_leaves_nothing_half_done(
    on: Callable[[str], Sidecar], postgres: PostgresServer
) -> None:
    with serving(slow(on, postgres), BACKUP_STOP_GRACE="1") as running:
        running.wait_running("rclone rcat")
        assert running.stop(60) == 128 + signal.SIGTERM
        assert "is cancelled" in running.logs()
        running.start()
        # The stopped run is on record, and what was missed is caught up.
        running.wait_ended(1, "failure")
        running.wait_running("rclone rcat")
        assert states(running) == []
        running.wait_ended(1, "success", 120)
        assert states(running) == ["good"]
        assert _left_over(running) == []


@pytest.mark.exhaustive
def test_a_container_that_is_killed_in_the_middle_of_a_backup_knows_it_and_catches_up(
    on: Callable[[str], Sidecar], postgres: PostgresServer
) -> None:
    with serving(slow(on, postgres)) as running:
        running.wait_running("rclone rcat")
        running.kill()
        running.start()
        running.wait_ended(1, "failure")
        assert states(running) == []
        running.wait_ended(1, "success", 120)
        assert states(running) == ["good"]
        assert "was killed" in running.logs()
        assert not running.database()["failing"]


@pytest.mark.exhaustive
def test_a_database_that_is_restarted_in_the_middle_costs_one_backup(
    on: Callable[[str], Sidecar], postgres: PostgresServer
) -> None:
    with serving(slow(on, postgres), BACKUP_SCHEDULE="* * * * *") as running:
        running.wait_running("rclone rcat")
        postgres.kill()
        running.wait_ended(1, "failure")
        postgres.restart()
        assert running.database()["failing"]
        assert states(running) == []
        # By the next slot.
        running.wait_ended(1, "success", 180)
        assert not running.database()["failing"]
        assert set(states(running)) == {"good"}


@pytest.mark.exhaustive
def test_storage_that_is_restarted_in_the_middle_costs_one_backup(image: str, postgres: PostgresServer) -> None:
    with start_gateway() as gateway:
        env = {"BACKUP_REMOTE": gateway.remote, "DATABASE_URL": url(postgres.settings("postgres"))}
        # rclone alone would try again for minutes.
        sidecar = Sidecar(image, {**gateway.environment, **env, **SLOWLY, "RCLONE_LOW_LEVEL_RETRIES": "1"})
        with serving(sidecar) as running:
            running.wait_running("rclone rcat")
            gateway.kill()
            running.wait_ended(1, "failure", 240)
            gateway.restart()
            assert running.database()["failing"]
            assert states(running) == []
            # By hand.
            running.ok("django-rclone", "backup")
            running.wait_ended(1, "success")
            assert not running.database()["failing"]
            assert states(running) == ["good"]
            assert running.metric("remote_up") == 1


def _left_over(running: Serving) -> list[str]:
    """The objects on the volume that no manifest names."""
    named = {entry["path"] for entry in running.listed()}
    stored = running.ok("find", "/backups/db", "-type", "f").split()
    return [path for path in stored if path.removeprefix("/backups/") not in named]
