"""The Compose files, as somebody uses them who has a site and copies one."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import sysconfig
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
from tests.support.servers import web as web_client
from tests.support.servers.ports import wait_until

# The files' variable for the database's image, and what it is in the tests.
DATABASES = {
    "postgresql": ("POSTGRES_IMAGE", "postgres", "17"),
    "mysql": ("MYSQL_IMAGE", "mysql", "9"),
    "mariadb": ("MARIADB_IMAGE", "mariadb", "11.8"),
    "mongodb": ("MONGO_IMAGE", "mongo", "8"),
    "sqlite": None,
}

# Debian has no django_mongodb_backend: the web container gets ours, and the Django that goes with it.
PACKAGES = {
    "volumes": [f"{sysconfig.get_path('purelib')}:/packages:ro"],
    "environment": {"PYTHONPATH": "/packages"},
}

# What the demo's own command does in SQL.
DAMAGE = """
from pathlib import Path
from django.db import connection
database = connection.get_database()
kept = database.gallery_photo.find_one()
database.gallery_photo.delete_many({"_id": {"$ne": kept["_id"]}})
database.gallery_comment.drop()
database.stray.insert_one({})
Path("/media/photos/001.jpg").unlink()
Path("/media/photos/002.jpg").write_text("overwritten")
Path("/media/photos/stray.jpg").touch()
print("Dropped a table")
"""


@dataclass(frozen=True, slots=True)
class Site(Composed):
    """A site that Compose has brought up."""

    database: str

    def manage(self, *arguments: str) -> str:
        """Runs `manage.py` in the web container."""
        return self.run("exec", "-T", "web", "python3", "manage.py", *arguments)

    def contents(self) -> str:
        """All rows, and the hashes of all media files."""
        hashes = self.run("exec", "-T", "web", "sh", "-c", "find /media -type f -exec sha256sum {} + | sort")
        return self.manage("dumpdata", "gallery") + hashes

    def damage(self) -> str:
        """Drops a table, and loses and changes rows and files."""
        return self.manage("shell", "-c", DAMAGE) if self.database == "mongodb" else self.manage("damage")

    def sidecar(self, *arguments: str) -> str:
        """Runs a verb in the sidecar that serves."""
        return self.run("exec", "-T", "sidecar", "django-rclone", *arguments)

    def beside(self, *arguments: str, options: tuple[str, ...] = ()) -> str:
        """Runs a verb in a container of its own."""
        return self.run("run", "--rm", "-T", *options, "sidecar", *arguments)

    def fetch(self, path: str) -> str:
        """Returns the sidecar's answer at the port of this machine."""
        return web_client.fetch(f"http://{self.run('port', 'sidecar', '8000').strip()}{path}")

    def knows(self, metric: str) -> bool:
        """Whether the sidecar's metrics have this line, but for the labels of the database."""
        with contextlib.suppress(OSError):
            said = re.sub(r'database="default",engine="\w+",?', "", self.fetch("/metrics"))
            return f"django_rclone_{metric}" in said.splitlines()
        return False


@pytest.fixture(params=sorted(DATABASES))
def site(request: pytest.FixtureRequest, image: str, tmp_path: Path) -> Iterator[Site]:
    """A site with each database in turn, empty, and still without its sidecar."""
    home = tmp_path / "site"
    shutil.copytree(ROOT / "demo/gallery", home / "gallery", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "demo/manage.py", home)
    shutil.copy(ROOT / "tests/e2e/site/settings.py", home)
    for file in (ROOT / "compose" / request.param).iterdir():
        shutil.copy(file, home)
    services: dict[str, dict[str, Any]] = {
        name: {"labels": [containers.mark()]} for name in ("web", "database", "sidecar")
    }
    if request.param == "sqlite":
        del services["database"]
    if request.param == "mongodb":
        services["web"] |= PACKAGES
    # The image's own healthcheck waits for a minute.
    services["sidecar"]["healthcheck"] = {"interval": "1s"}
    (home / "tests.yaml").write_text(json.dumps({"services": services}))
    env = {"SIDECAR_IMAGE": image, "WEB_IMAGE": web(), "WEB_PORT": "127.0.0.1:0", "SIDECAR_PORT": "127.0.0.1:0"}
    if database := DATABASES[request.param]:
        variable, kind, version = database
        env[variable] = image_of(kind, version)
    name = f"django-rclone-test-{uuid.uuid4().hex[:8]}"
    files = (
        "--project-directory",
        str(home),
        "--file",
        str(home / "compose.yaml"),
        "--file",
        str(home / "tests.yaml"),
    )
    made = Site((*compose(), "--project-name", name, *files), env, request.param)
    try:
        made.run("up", "--detach", "--wait", "web")
        made.manage("migrate", "--run-syncdb", "--verbosity=0")
        yield made
    finally:
        made.run("down", "--volumes", "--timeout=1")


@pytest.mark.representatives("postgres*")
def test_a_sidecar_begins_with_a_backup_that_brings_a_damaged_site_back(site: Site) -> None:
    owner = ("exec", "-T", "web", "stat", "--format=%u", "/media")
    used = site.run(*owner)
    site.beside("version", options=("--volume=media:/media",))
    assert site.run(*owner) == used  # the volume is still empty
    site.manage("fill")
    before = site.contents()
    site.run("up", "--detach", "--wait")
    wait_until(lambda: site.knows("backups_stored{} 1.0"), "the backup that nobody asked for")
    assert [entry["state"] for entry in json.loads(site.sidecar("list", "--json"))] == ["good"]

    site.sidecar("verify")
    assert json.loads(site.sidecar("list", "--json"))[0]["verification"]["outcome"] == "passed"
    assert "Dropped a table" in site.damage()
    site.beside("restore", "--latest", "--media", options=("--volume=media:/media",))
    assert site.contents() == before

    site.sidecar("backup")
    wait_until(lambda: site.knows('backup_runs_total{outcome="success"} 2.0'), "word of a backup by hand")
    assert json.loads(site.fetch("/status"))["ok"]
