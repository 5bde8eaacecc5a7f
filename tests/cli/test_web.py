"""The web server: health, status, metrics, and who may read them."""

from __future__ import annotations

import base64
import os
import struct
import subprocess
import time

from django_rclone_sidecar.scheduler import liveness
from tests.cli.program import Program
from tests.cli.website import serving
from tests.support.servers.ports import LOOPBACK, free_port

PATHS = ("/", "/healthz", "/readyz", "/status", "/metrics")

HISTORY = "state/history"


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
            assert answer.text.startswith("The scheduler has not responded for 6")
            os.pwrite(heart.fileno(), struct.pack("d", time.monotonic()), 0)
            assert website.get("/healthz").status == 200


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
