"""A container of the image that serves, as people leave it running."""

from __future__ import annotations

import json
import os
import re
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.e2e.container import HARDENED, Sidecar
from tests.support.commands import Done, run
from tests.support.servers import containers, web
from tests.support.servers.ports import LOOPBACK, free_port, wait_until

# How soon Docker looks whether it is well; the image's own minute is for people.
OFTEN = ("--health-interval=1s",)


@dataclass(frozen=True, slots=True)
class Serving:
    """A running container."""

    id: str
    port: int

    @property
    def address(self) -> str:
        """Address that it listens on."""
        return f"http://{LOOPBACK}:{self.port}"

    def fetch(self, path: str) -> str:
        """Returns its answer, also where that is an error."""
        try:
            return web.fetch(f"{self.address}{path}")
        except urllib.error.HTTPError as error:
            return error.read().decode()

    def status(self) -> dict[str, Any]:
        """Returns the content of /status; empty without an answer."""
        try:
            document: dict[str, Any] = json.loads(self.fetch("/status"))
        except OSError:
            return {}
        return document

    def database(self) -> dict[str, Any]:
        """Returns the part of /status about the only database; empty where that is not known."""
        found = self.status().get("databases") or [{}]
        only: dict[str, Any] = found[0]
        return only

    def metric(self, name: str, **labels: str) -> float | None:
        """The value of the only series with that name and these labels; None where there is none."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        found = []
        for line in self.fetch("/metrics").splitlines():
            series, _, value = line.rpartition(" ")
            if re.match(rf"django_rclone_{name}(\{{|$)", series) and all(label in series for label in wanted):
                found.append(float(value))
        assert len(found) <= 1, found
        return found[0] if found else None

    def ended(self, outcome: str) -> float | None:
        """Returns the number of backups with this outcome."""
        return self.metric("backup_runs_total", outcome=outcome)

    def wait_metric(self, name: str, value: float, seconds: float = 60, **labels: str) -> None:
        """Returns when it answers, and a metric has this value."""
        what = f"{value} {name} {labels}"
        wait_until(lambda: bool(self.status()) and self.metric(name, **labels) == value, what, seconds)

    def wait_ended(self, number: float, outcome: str, seconds: float = 60) -> None:
        """Returns when as many backups have ended so."""
        self.wait_metric("backup_runs_total", number, seconds, outcome=outcome)

    def wait_running(self, program: str) -> None:
        """Returns when a backup runs, and this program is at work for it."""
        wait_until(lambda: program in self.processes() and bool(self.database().get("running")), f"a run of {program}")

    def exec(self, *arguments: str) -> Done:
        """Runs a program inside, to its end."""
        return _docker("exec", self.id, *arguments)

    def ok(self, *arguments: str) -> str:
        """Runs a program inside, which must succeed, and returns what it printed."""
        done = self.exec(*arguments)
        assert done.code == 0, done.err
        return done.out

    def listed(self) -> list[dict[str, Any]]:
        """Returns the output of `list --json`."""
        listed: list[dict[str, Any]] = json.loads(self.ok("django-rclone", "list", "--json"))
        return listed

    def signal(self, number: int, verb: str) -> None:
        """Sends a signal to the process of a verb, by its id inside."""
        script = (
            "import os, pathlib, sys\n"
            "for entry in pathlib.Path('/proc').glob('[0-9]*/cmdline'):\n"
            "    if entry.read_text().split('\\0')[-3:-1] == ['django_rclone_sidecar', sys.argv[1]]:\n"
            "        print(os.kill(int(entry.parent.name), int(sys.argv[2])))\n"
        )
        assert self.ok("python", "-I", "-c", script, verb, str(int(number))).split() == ["None"]

    def processes(self) -> str:
        """The command lines of all that runs inside."""
        return _docker("top", self.id, "-eo", "pid,args").out

    def health(self) -> str:
        """Returns Docker's state of it: "starting", "healthy" or "unhealthy"."""
        return self.inspect(".State.Health.Status")

    def wait_health(self, health: str, seconds: float = 60) -> None:
        """Returns when Docker thinks so."""
        wait_until(lambda: self.health() == health, f"the container is {health}", seconds)

    def inspect(self, field: str) -> str:
        """Returns Docker's description of it."""
        return _docker("inspect", f"--format={{{{{field}}}}}", self.id).out.strip()

    def logs(self) -> str:
        """All that it has said."""
        done = _docker("logs", self.id)
        return done.out + done.err

    def stop(self, seconds: int = 10) -> int:
        """Stops it, by default with the ten seconds that Docker gives, and returns its exit code."""
        _docker("stop", f"--time={seconds}", self.id)
        return int(self.inspect(".State.ExitCode"))

    def kill(self) -> None:
        """Ends all of its processes at once, as a power cut would."""
        _docker("kill", self.id)
        _docker("wait", self.id)

    def start(self) -> None:
        """Starts it again with what it had on its volumes."""
        assert _docker("start", self.id).code == 0


@contextmanager
def serving(sidecar: Sidecar, *arguments: str, options: tuple[str, ...] = OFTEN, **env: str) -> Iterator[Serving]:
    """The image without a verb, or with these arguments, for as long as needed."""
    port = free_port()
    variables = {**sidecar.env, "PORT": str(port), **env}
    command = [
        *("run", "--detach", "--network=host", f"--label={containers.mark()}", *HARDENED),
        *(f"--env={name}" for name in variables),
        *(f"--volume={volume}" for volume in sidecar.volumes),
        *sidecar.options,
        *options,
        *(sidecar.image, *arguments),
    ]
    started = _docker(*command, env=variables)
    assert started.code == 0, started.err
    made = Serving(started.out.strip(), port)
    try:
        yield made
    except BaseException:
        print(made.logs())  # shown with what failed
        raise
    finally:
        _docker("rm", "--force", "--volumes", made.id)


def _docker(*arguments: str, env: dict[str, str] | None = None) -> Done:
    return run(["docker", *arguments], env={**os.environ, **(env or {})}, timeout=270)
