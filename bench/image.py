"""Size of the image: `python -m bench.image` prints it, and so does `make bench`."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import measure
from django_rclone import display
from tests.e2e import payload
from tests.e2e.container import HARDENED, Sidecar, url
from tests.support.images import size
from tests.support.images.sidecar import sidecar
from tests.support.servers import PostgresServer, containers, start_postgres
from tests.support.servers.s3gateway import start_gateway

ROUNDS = 5
_SAMPLE_EVERY = 0.05  # seconds


def print_image() -> None:
    """Prints size, start, fixed cost, and the memory that a large database takes."""
    image = sidecar()
    print("### The image\n")
    print(f"Size: {size.total(image) / size.MEGABYTE:.0f} MB.")
    print(f"`docker run image version`: {_median(lambda: Sidecar(image).ok('version')):.2f} s (median of {ROUNDS}).")
    with start_postgres(17) as server:
        _print_fixed_cost(image, server)
        _print_memory(image, server)


def _print_fixed_cost(image: str, server: PostgresServer) -> None:
    with server.database() as name, tempfile.TemporaryDirectory(prefix="django-rclone-bench-") as folder:
        server.query("CREATE TABLE word AS SELECT n, md5(n::text) FROM generate_series(1, 1000) n", name)
        Path(folder).chmod(0o777)
        target = Sidecar(image, {"DATABASE_URL": url(server.settings(name))}, (f"{folder}:/backups",))
        dump = Sidecar(image, server.environment(name), options=("--entrypoint=sh",))
        bare_dump = "/usr/lib/postgresql/17/bin/pg_dump -Fc >/dev/null"
        target.ok("backup")  # the first one writes RESTORE.md too
        bare, ours = _median(lambda: dump.ok("-c", bare_dump)), _median(lambda: target.ok("backup"))
    print(f"A small database: `pg_dump` in a container {bare:.2f} s, `backup` {ours:.2f} s: {ours - bare:.2f} s more.")


def _print_memory(image: str, server: PostgresServer) -> None:
    with server.database() as name, start_gateway() as storage:
        payload.fill(server, name)
        env = {**storage.environment, "BACKUP_REMOTE": storage.remote, "DATABASE_URL": url(server.settings(name))}
        for verb in (("backup",), ("restore", "--latest")):
            peak = _peak(image, env, verb)
            parts = sorted((peak.parts or {}).items(), key=lambda part: -part[1])
            said = ", ".join(f"{program} {display.size(held)}" for program, held in parts if held > 1_000_000)
            print(f"`{' '.join(verb)}` of a gigabyte, S3: at most {display.size(peak.pss)} of memory ({said}).")
    print()


def _peak(image: str, env: dict[str, str], verb: tuple[str, ...]) -> measure.Memory:
    """Runs a verb, looking at its processes all the time."""
    variables = [f"--env={key}={value}" for key, value in env.items()]
    run = ["docker", "run", "--detach", "--network=host", "--memory=256m", f"--label={containers.mark()}", *HARDENED]
    container = _docker(*run[1:], *variables, image, *verb)
    pid = int(_docker("inspect", "--format={{.State.Pid}}", container))
    peak = measure.Memory()
    while Path(f"/proc/{pid}").exists():
        peak = max(peak, measure.held(measure.tree(pid)), key=lambda memory: memory.pss)
        time.sleep(_SAMPLE_EVERY)
    code = _docker("wait", container)
    if code != "0":
        raise RuntimeError(f"{verb} ended with {code}: {_docker('logs', container)}")
    _docker("rm", container)
    return peak


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout.strip()


def _median(run: Callable[[], object]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        run()
        seconds.append(time.monotonic() - began)
    return statistics.median(seconds)


if __name__ == "__main__":
    print_image()
