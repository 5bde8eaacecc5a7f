"""Cost of `serve` while it waits, and the delay of its reports: `python -m bench.serve`, and `make bench`."""

from __future__ import annotations

import dataclasses
import random
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import docker

from bench import measure
from django_rclone import display
from django_rclone.layout import backup_ids, manifest, manifest_paths, recovery_points
from tests.e2e.container import Sidecar, open_to_all
from tests.e2e.serving import Serving, serving
from tests.support.images.sidecar import sidecar
from tests.support.servers import containers
from tests.support.servers.ports import LOOPBACK

BACKUPS = 1000
_IDLE = 240  # seconds; the healthcheck of the image is in it four times
_REQUESTS = 500


def print_serve() -> None:
    """Prints memory and CPU time of a `serve` that waits, and how long its answers take."""
    containers.prepare()
    with tempfile.TemporaryDirectory(prefix="django-rclone-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        with closing(sqlite3.connect(home / "app.sqlite3")) as database, database:
            database.execute("CREATE TABLE word (text)")
        remote = open_to_all(home / "remote")
        volumes = (f"{home}/app.sqlite3:/app.sqlite3:ro", f"{remote}:/backups")
        image = Sidecar(sidecar(), {"DATABASE_URL": "sqlite:////app.sqlite3"}, volumes)
        image.ok("backup")
        _multiply(remote)
        print(f"### `serve`, with {BACKUPS:,} backups on the remote\n")
        with serving(image, options=(), BACKUP_SCHEDULE="@yearly") as running:
            running.wait_metric("backups_stored", BACKUPS, 300)
            rows = [*_idle(running), *_latencies(running)]
    print("| what | figure |\n| --- | --- |")
    for what, figure in rows:
        print(f"| {what} | {figure} |")
    print(flush=True)


def _multiply(remote: Path) -> None:
    """Makes many backups of one: each has a manifest and an object of its own, an hour older than the one before."""
    source = random.Random(1)
    (file,) = remote.glob("manifests/*.json")
    first = manifest.parse(file.read_text())
    (stored,) = first.objects
    data = (remote / stored.path).read_bytes()
    for hours in range(1, BACKUPS):
        began = first.started_at - timedelta(hours=hours)
        made = manifest_paths.ManifestName(recovery_points.name_of(began), first.database, backup_ids.new_id(source))
        path = stored.path.replace(first.id, made.id)
        (remote / path).write_bytes(data)
        (remote / made.path).write_text(
            dataclasses.replace(
                first,
                id=made.id,
                point=made.point,
                started_at=began,
                finished_at=first.finished_at - timedelta(hours=hours),
                objects=(dataclasses.replace(stored, path=path),),
            ).to_json()
        )
    open_to_all(remote / "db")
    open_to_all(remote / "manifests")


def _idle(running: Serving) -> list[tuple[str, str]]:
    before, began = _cpu(running), time.monotonic()
    memory = measure.held(measure.tree(int(running.inspect(".State.Pid"))))
    time.sleep(_IDLE)
    share = (_cpu(running) - before) / (time.monotonic() - began)
    return [
        ("memory of all processes while it waits (PSS)", display.size(memory.pss)),
        (f"CPU time over {_IDLE} s of waiting, healthcheck included", f"{share:.2%} of a core"),
    ]


def _cpu(running: Serving) -> float:
    """Seconds of CPU time that the container has used, whoever started what in it."""
    client = docker.from_env()
    try:
        used: int = client.containers.get(running.id).stats(stream=False)["cpu_stats"]["cpu_usage"]["total_usage"]
        return used / 1e9
    finally:
        client.close()


def _latencies(running: Serving) -> list[tuple[str, str]]:
    found = []
    for path in ("/metrics", "/status", "/", "/healthz"):
        seconds = sorted(_seconds(running.port, path) for _ in range(_REQUESTS))
        slowest = seconds[_REQUESTS * 99 // 100 - 1]
        found.append(
            (f"`{path}`: median, 99th percentile", f"{statistics.median(seconds) * 1e3:.1f} ms, {slowest * 1e3:.1f} ms")
        )
    return found


def _seconds(port: int, path: str) -> float:
    connection = HTTPConnection(LOOPBACK, port, timeout=10)
    began = time.monotonic()
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    taken = time.monotonic() - began
    if answer.status != 200:
        raise RuntimeError(f"{path} was answered with {answer.status}")
    return taken


if __name__ == "__main__":
    print_serve()
