"""Health, readiness, status: what they answer, to whom, and what they do when the history cannot be read."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from django_rclone_sidecar.history import location
from django_rclone_sidecar.scheduler import liveness
from tests.cli.program import Program
from tests.cli.website import Website, serving
from tests.support.servers.ports import LOOPBACK, free_port

PATHS = ("/", "/healthz", "/readyz", "/status", "/metrics")
HISTORY = "state/history"


@pytest.fixture
def observed(program: Program) -> Program:
    """The program, after a backup and a look at the remote."""
    program.ok("backup")
    program.ok("refresh")
    return program


def unharmed(website: Website) -> str:
    """Asserts that everything that can be answered is, and returns why the rest cannot."""
    assert website.get("/healthz").status == 200
    metrics = website.get("/metrics")
    assert metrics.status == 200
    assert "django_rclone_build_info{" in metrics.text
    ready, status, page = (website.get(path) for path in ("/readyz", "/status", "/"))
    assert (ready.status, status.status, page.status) == (503, 503, 503)
    assert status.json["ok"] is False
    assert status.json["problems"] == [ready.text.strip()]
    assert len(ready.text.splitlines()) == 1
    assert "Traceback" not in website.log.read_text()
    return ready.text


def test_after_a_look_at_the_remote_everything_answers(observed: Program):
    with serving(observed) as website:
        assert [website.get(path).status for path in PATHS] == [200] * len(PATHS)
        status = website.get("/status").json
    (database,) = status["databases"]
    (backup,) = observed.listed()
    assert status["ok"] is True
    assert status["remote"]["place"] == str(observed.remote)
    assert status["remote"]["up"] is True
    assert (database["alias"], database["engine"], database["overdue"]) == ("default", "sqlite", False)
    assert (database["last_size_bytes"], database["backups_stored"]) == (backup["bytes"], 1)
    assert status["media"] is None


def test_status_is_503_when_a_database_is_overdue(observed: Program):
    with serving(observed, BACKUP_MAX_AGE="1s") as website:
        while website.get("/status").json["ok"]:
            pass
        answer = website.get("/status")
        assert answer.status == 503
        assert answer.json["databases"][0]["overdue"] is True
        assert answer.json["problems"] == ['Database "default": the backup is overdue.']
        assert website.get("/readyz").status == 200


def test_a_remote_that_cannot_be_reached_is_told_with_the_reason(observed: Program):
    observed.run("refresh", BACKUP_REMOTE="nowhere:")
    with serving(observed) as website:
        remote = website.get("/status").json["remote"]
        assert website.metrics()["remote_up", ()] == 0
        assert website.metrics()["backups_stored", ("default", "sqlite")] == 1
    assert remote["up"] is False
    assert "nowhere" in remote["error"]


def test_a_run_that_goes_on_is_seen(observed: Program):
    observed.execute("UPDATE run SET finished_at = NULL, exit_code = NULL", HISTORY)
    observed.execute("UPDATE part SET outcome = 'running', finished_at = NULL", HISTORY)
    with serving(observed) as website:
        assert website.metrics()["backup_running", ("default", "sqlite")] == 1
        assert website.get("/status").json["databases"][0]["running"] is True
        assert "running" in website.get("/").text


def test_head_tells_what_get_would_without_the_body(observed: Program):
    with serving(observed) as website:
        for path in (*PATHS, "/nowhere"):
            get, head = website.get(path), website.get(path, "HEAD")
            assert head.status == get.status, path
            assert head.headers["Content-Type"] == get.headers["Content-Type"]
            assert int(head.headers["Content-Length"]) > 0
            assert head.text == ""


def test_nothing_but_looking_is_allowed(program: Program):
    with serving(program) as website:
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            for path in (*PATHS, "/nowhere"):
                answer = website.get(path, method)
                assert answer.status == 405, (method, path)
                assert answer.headers["Allow"] == "GET, HEAD"


def test_an_unknown_path_is_404_in_one_plain_line(program: Program):
    with serving(program) as website:
        for path in ("/nowhere", "/status/", "//", "/%00", "/%ff", "/admin/", "/../etc/passwd"):
            answer = website.get(path)
            assert answer.status == 404, path
            assert answer.headers["Content-Type"].startswith("text/plain")
            assert len(answer.text.splitlines()) == 1


def test_every_answer_is_kept_by_nobody_and_runs_nothing(observed: Program):
    with serving(observed) as website:
        for path in (*PATHS, "/nowhere"):
            headers = website.get(path).headers
            assert headers["Cache-Control"] == "no-store", path
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert "unsafe" not in headers["Content-Security-Policy"]


def basic(password: str, user: str = "anybody") -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def test_with_a_password_only_probes_are_answered_without(observed: Program):
    with serving(observed, BACKUP_WEB_PASSWORD="pâss:word") as website:
        for path in ("/healthz", "/readyz"):
            assert website.get(path).status == 200
        for path in ("/", "/status", "/metrics", "/nowhere"):
            for wrong in (
                *({}, basic(""), basic("pâss"), basic("pâss:word "), {"Authorization": "Bearer pâss:word".encode()}),
                *({"Authorization": "Basic"}, {"Authorization": "Basic ???"}, {"Authorization": "Basic YQ"}),
            ):
                refused = website.get(path, **wrong)
                assert refused.status == 401, (path, wrong)
                assert refused.headers["WWW-Authenticate"].startswith("Basic ")
                assert str(observed.remote) not in refused.text
        assert [website.get(path, **basic("pâss:word")).status for path in ("/", "/status", "/metrics")] == [200] * 3
        assert website.get("/nowhere", **basic("pâss:word")).status == 404


def test_healthz_fails_when_the_loop_has_stood_still(program: Program):
    with liveness.create() as heart:
        env = {liveness.VARIABLE: str(heart.fileno())}
        with serving(program, pass_fds=(heart.fileno(),), **env) as website:
            assert website.get("/healthz").status == 200
            os.pwrite(heart.fileno(), struct.pack("d", time.monotonic() - liveness.FRESH - 1), 0)
            answer = website.get("/healthz")
            assert answer.status == 503
            assert answer.text.startswith("The schedule has stood still for 6")
            os.pwrite(heart.fileno(), struct.pack("d", time.monotonic()), 0)
            assert website.get("/healthz").status == 200


def test_without_a_history_it_says_that_nothing_is_known_yet(program: Program):
    with serving(program) as website:
        assert unharmed(website).startswith("No data yet")
    assert not (program.folder / "state").exists()
    assert website.log.read_text() == ""


def test_a_history_without_databases_is_not_ready(observed: Program):
    observed.execute("DELETE FROM target", HISTORY)
    with serving(observed) as website:
        assert website.get("/readyz").status == 503
        assert website.get("/status").status == 503
        assert website.get("/").status == 200


def test_a_damaged_history_is_told_once_in_the_log(observed: Program):
    file = observed.path(HISTORY)
    file.write_bytes(b"SQLite format 3\0" + os.urandom(8192))
    with serving(observed) as website:
        assert "cannot be read" in unharmed(website)
        unharmed(website)
    assert website.log.read_text().count("cannot be read") == 1


def test_pages_of_a_history_that_are_damaged_do_no_harm(observed: Program):
    file = observed.path(HISTORY)
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    with serving(observed) as website:
        assert "cannot be read" in unharmed(website)


@pytest.mark.parametrize("value", ["no JSON", "7", '{"at": "never", "error": ""}'])
def test_facts_that_are_none_do_no_harm(observed: Program, value: str):
    with closing(sqlite3.connect(observed.path(HISTORY))) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = 1")
        connection.execute("UPDATE fact SET value = ? WHERE name = 'observed'", (value,))
    with serving(observed) as website:
        assert "cannot be read" in unharmed(website)


def test_a_history_of_another_version_is_not_understood(observed: Program):
    observed.execute("PRAGMA user_version = 99", HISTORY)
    with serving(observed) as website:
        assert "another version" in unharmed(website)
        observed.ok("refresh")
        assert website.get("/readyz").status == 200


def test_a_history_that_is_locked_is_waited_for_and_then_told(observed: Program):
    with (
        serving(observed) as website,
        closing(sqlite3.connect(observed.path(HISTORY), isolation_level=None)) as connection,
    ):
        connection.execute("BEGIN EXCLUSIVE")
        assert "locked" in website.get("/readyz").text
        assert website.get("/metrics").status == 200
        connection.execute("ROLLBACK")
        assert website.get("/readyz").status == 200


KILLED = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE target SET place = 'half written'")
for number in range(2000):
    connection.execute("INSERT INTO known VALUES (?, ?)", (str(number), "x" * 500))
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_writer_had_begun_is_not_shown(observed: Program):
    file = observed.path(HISTORY)
    subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False)
    assert file.with_name(f"{file.name}-journal").stat().st_size > 0, "the writer left no journal behind"
    with serving(observed) as website:
        assert website.get("/readyz").status == 200
        assert "half written" not in website.get("/status").text


def test_a_state_folder_that_goes_and_comes_again_is_followed(observed: Program):
    state, away = observed.folder / "state", observed.folder / "away"
    with serving(observed) as website:
        assert website.get("/readyz").status == 200
        state.rename(away)
        assert unharmed(website).startswith("No data yet")
        state.write_text("a file where the folder was")
        unharmed(website)
        state.unlink()
        away.rename(state)
        assert website.get("/readyz").status == 200


def test_the_history_is_left_as_it_is(observed: Program):
    before = {file.name: file.read_bytes() for file in (observed.folder / "state").iterdir()}
    with serving(observed) as website:
        for path in PATHS:
            website.get(path)
    assert {file.name: file.read_bytes() for file in (observed.folder / "state").iterdir()} == before


def test_what_nobody_foresaw_is_one_line_here_and_in_the_log(observed: Program):
    observed.execute("UPDATE fact SET value = '{\"rclone\": 7}' WHERE name = 'versions'", HISTORY)
    with serving(observed) as website:
        answer = website.get("/metrics")
        assert answer.status == 500
        assert answer.text == "Internal error. See the log.\n"
        assert website.get("/healthz").status == 200
    (line,) = website.log.read_text().splitlines()
    assert "/metrics: AttributeError" in line


def test_secrets_are_on_no_page(observed: Program):
    observed.execute("UPDATE part SET outcome = 'failure', error = 'ftp://me:topsecret@host said hunter2'", HISTORY)
    observed.execute("UPDATE run SET exit_code = 1, error = 'hunter2'", HISTORY)
    secrets = {"BACKUP_ENCRYPTION_PASSWORD": "hunter2", "BACKUP_WEB_PASSWORD": "lookatme"}
    with serving(observed, **secrets) as website:
        text = "".join(website.get(path, **basic("lookatme")).text for path in PATHS)
    assert "ftp://me:***@host said ***" in text
    for secret in (*secrets.values(), "topsecret"):
        assert secret not in text + website.log.read_text()


def test_a_taken_port_is_one_clear_line(program: Program):
    with serving(program) as website:
        done = program.run("web", PORT=str(website.port))
    assert done.code == 2
    assert done.error == f"Cannot listen on port {website.port} (PORT): Address already in use."


def test_what_is_meant_for_the_web_container_is_not_heeded(observed: Program):
    other = free_port()
    theirs = {
        "GUNICORN_CMD_ARGS": f"--bind {LOOPBACK}:{other} --workers 3",
        "WEB_CONCURRENCY": "3",
        "DJANGO_SETTINGS_MODULE": "shop.settings",
    }
    with serving(observed, **theirs) as website:
        assert website.get("/readyz").status == 200
        children = subprocess.run(["pgrep", "-P", str(website.process.pid)], capture_output=True, text=True, check=True)
        assert len(children.stdout.split()) == 1


def test_it_is_heard_by_ipv6_too(observed: Program):
    with serving(observed) as website:
        done = subprocess.run(
            ["curl", "--silent", "--noproxy", "*", f"http://[::1]:{website.port}/healthz"],
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout == "ok\n"


def test_a_history_in_memory_is_read_where_the_state_folder_is_a_file(program: Program):
    """Whoever writes goes elsewhere then, and so does who reads."""
    blocked = program.folder / "blocked"
    blocked.write_text("")
    memory = location.path(blocked).parent
    assert memory.parent == Path("/dev/shm")
    assert not memory.exists()
    try:
        program.run("refresh", BACKUP_STATE_DIR=str(blocked))
        with serving(program, BACKUP_STATE_DIR=str(blocked)) as website:
            assert website.get("/readyz").status == 200
    finally:
        shutil.rmtree(memory, ignore_errors=True)


HALF = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "
WHOLE = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"
RUDE = {
    "say nothing": b"",
    "send half a head": HALF,
    "send no body": b"GET /status HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n",
    "read nothing": WHOLE % b"/metrics",
    "stay after their answer": WHOLE % b"/readyz",
    "ask for much at once": (WHOLE % b"/status") * 100,
}


@pytest.mark.parametrize("request_sent", RUDE.values(), ids=RUDE)
def test_health_is_answered_at_once_whatever_others_do(observed: Program, request_sent: bytes):
    with serving(observed) as website, ExitStack() as stack:
        for _client in range(60):
            rude = stack.enter_context(socket.create_connection((LOOPBACK, website.port)))
            rude.sendall(request_sent)
        for path in ("/healthz", "/readyz"):
            began = time.monotonic()
            assert website.get(path).text == "ok\n"
            assert time.monotonic() - began < 5


def test_health_is_answered_with_more_connections_than_there_may_be(observed: Program):
    with serving(observed) as website, ExitStack() as stack:
        for _client in range(300):
            stack.enter_context(socket.create_connection((LOOPBACK, website.port))).sendall(HALF)
        assert website.get("/healthz").text == "ok\n"
        assert "Traceback" not in website.log.read_text()


def test_half_a_request_has_its_time(observed: Program):
    with serving(observed) as website, socket.create_connection((LOOPBACK, website.port), timeout=30) as rude:
        rude.sendall(HALF)
        assert rude.recv(100) == b""  # closed


def test_health_is_answered_while_every_thread_waits_for_the_history(observed: Program):
    with (
        serving(observed) as website,
        closing(sqlite3.connect(observed.path(HISTORY), isolation_level=None)) as writer,
        ExitStack() as stack,
    ):
        writer.execute("BEGIN EXCLUSIVE")
        for _client in range(20):
            waiting = stack.enter_context(socket.create_connection((LOOPBACK, website.port)))
            waiting.sendall(WHOLE % b"/status")
        began = time.monotonic()
        assert website.get("/healthz").text == "ok\n"
        assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000, b"431"),
        (b"GET /healthz HTTP/1.0\r\n\r\n", b"200"),
        (b"GET  \r\n\r\n", b"400"),
    ],
)
def test_a_strange_request_gets_one_answer(observed: Program, sent: bytes, status: bytes):
    with serving(observed) as website, socket.create_connection((LOOPBACK, website.port), timeout=10) as client:
        client.sendall(sent)
        answer = b"".join(iter(lambda: client.recv(1000), b""))
        assert answer.split(b" ")[1] == status
        assert answer.count(b"HTTP/1.") == 1
        assert "Traceback" not in website.log.read_text()
