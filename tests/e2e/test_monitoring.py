"""The Compose file for monitoring, included in a site's own, tells a webhook what is wrong."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.composed import Composed
from tests.support.commands import ROOT
from tests.support.images import image as image_of
from tests.support.images.compose import compose, web
from tests.support.servers import containers
from tests.support.servers.ports import wait_until

SECRET = "/hook/s3cret-token"

# Prints what it is sent, a line each.
RECEIVER = """
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        print(self.path, body.decode(), flush=True)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        "Nothing but what was sent."

HTTPServer(("", 80), Handler).serve_forever()
"""


@dataclass(frozen=True, slots=True)
class Watched(Composed):
    """A site whose backups are watched."""

    def told(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What the webhook was told: status and name of each alert, and its annotations."""
        said = self.run("logs", "--no-log-prefix", "--no-color", "receiver")
        sent = [json.loads(line.partition(SECRET)[2]) for line in said.splitlines() if SECRET in line]
        alerts = [alert for message in sent for alert in message["alerts"]]
        return [(alert["status"], alert["labels"]["alertname"], alert["annotations"]) for alert in alerts]

    def wait_until_told(self, status: str, name: str) -> dict[str, Any]:
        """The annotations of an alert, once the webhook was told that it is "firing" or "resolved"."""

        def found() -> list[dict[str, Any]]:
            return [annotations for *told, annotations in self.told() if told == [status, name]]

        wait_until(lambda: bool(found()), f"word at the webhook that {name} is {status}")
        return found()[-1]


def hurry(folder: Path) -> None:
    """Makes everything that waits for minutes, so that nobody is told in vain, do so at once."""
    for path, pattern, at_once in (
        ("alerts.yaml", r"for: \d+m", "for: 0s"),
        ("prometheus.yml", r"_interval: 1m", "_interval: 1s"),
        ("alertmanager.yml", r"(group_\w+): \d+[sm]", r"\1: 1s"),
    ):
        text, count = re.subn(pattern, at_once, (folder / path).read_text())
        assert count, path
        (folder / path).write_text(text)


@pytest.fixture
def watched(image: str, tmp_path: Path) -> Iterator[Watched]:
    """A site as people have it, with the folder of the monitoring beside its Compose file."""
    home = tmp_path / "site"
    shutil.copytree(ROOT / "compose/postgresql", home)
    shutil.copy(ROOT / "tests/e2e/site/settings.py", home)
    shutil.copytree(ROOT / "compose/monitoring", home / "monitoring")
    hurry(home / "monitoring")
    labels = {"labels": [containers.mark()]}
    receiver = {"image": web(), "command": ["python3", "-u", "-c", RECEIVER], "user": "0", **labels}
    ours = {"services": {"receiver": receiver, "prometheus": labels, "alertmanager": labels}}
    (home / "monitoring/tests.yaml").write_text(json.dumps(ours))
    # Overdue from the first look, as there is no backup; the image's own healthcheck waits for a minute.
    overdue = {"BACKUP_SCHEDULE": "off", "BACKUP_MAX_AGE": "26h"}
    services = {
        "sidecar": {"environment": overdue, "healthcheck": {"interval": "1s"}, **labels},
        "database": labels,
    }
    included = {"path": ["monitoring/compose.yaml", "monitoring/tests.yaml"]}
    (home / "tests.yaml").write_text(json.dumps({"include": [included], "services": services}))
    env = {
        "SIDECAR_IMAGE": image,
        "SIDECAR_PORT": "127.0.0.1:0",
        "POSTGRES_IMAGE": image_of("postgres", "17"),
        "WEB_IMAGE": web(),
        "PROMETHEUS_IMAGE": image_of("prometheus", "2.53"),
        "ALERTMANAGER_IMAGE": image_of("alertmanager", "0.28"),
        "PROMETHEUS_PORT": "127.0.0.1:0",
        "ALERTMANAGER_PORT": "127.0.0.1:0",
        "ALERT_WEBHOOK_URL": f"http://receiver{SECRET}",
    }
    files = ("--project-directory", str(home), "--file", str(home / "compose.yaml"), "--file", str(home / "tests.yaml"))
    name = f"django-rclone-test-{uuid.uuid4().hex[:8]}"
    made = Watched((*compose(), "--project-name", name, *files), env)
    try:
        yield made
    finally:
        made.run("down", "--volumes", "--timeout=1")


@pytest.mark.exhaustive
def test_a_webhook_is_told_that_nothing_is_known_of_backups(watched: Watched) -> None:
    watched.run("up", "--detach", "--wait", "receiver", "prometheus", "alertmanager")
    told = watched.wait_until_told("firing", "BackupMetricsAbsent")
    assert "docker compose ps sidecar" in told["description"]


@pytest.mark.exhaustive
def test_a_webhook_is_told_what_is_overdue_and_when_it_is_over(watched: Watched) -> None:
    watched.run("up", "--detach", "--wait", "receiver", "prometheus", "alertmanager", "sidecar")
    told = watched.wait_until_told("firing", "BackupOverdue")
    assert told["summary"] == "Database default has no recent backup."
    (advice,) = re.findall(r"django-rclone backup -d \w+", told["description"])
    watched.run("exec", "-T", "sidecar", *advice.split())
    watched.wait_until_told("resolved", "BackupOverdue")
    # And Prometheus itself has seen the sidecar all the time.
    query = ("promtool", "query", "instant", "http://127.0.0.1:9090")
    assert "=> 0" in watched.run("exec", "-T", "prometheus", *query, "django_rclone_backup_overdue")


def test_the_examples_go_together(watched: Watched) -> None:
    for database in sorted(path.parent for path in ROOT.glob("compose/*/site.env")):
        files = (f"--file={database}/compose.yaml", f"--file={ROOT}/compose/monitoring/compose.yaml")
        together = Composed((*compose(), *files), watched.env)
        services = json.loads(together.run("config", "--format=json"))["services"]
        assert {"sidecar", "prometheus", "alertmanager"} <= services.keys()
        mounts = [mount for name in ("prometheus", "alertmanager") for mount in services[name]["volumes"]]
        sources = [Path(mount["source"]) for mount in mounts if mount["type"] == "bind"]
        assert len(sources) == 3
        assert all(source.is_file() for source in sources)
