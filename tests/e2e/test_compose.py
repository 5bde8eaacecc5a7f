"""The Compose files, as somebody uses them who has a site and copies one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.project import ROOT
from tests.images import image as image_of
from tests.images.compose import compose, web
from tests.servers import containers

# The files' variable for the database's image, and what it is in the tests.
DATABASES = {
    "postgresql": ("POSTGRES_IMAGE", "postgres", "17"),
    "mysql": ("MYSQL_IMAGE", "mysql", "9"),
    "mariadb": ("MARIADB_IMAGE", "mariadb", "11.8"),
    "sqlite": None,
}


@dataclass(frozen=True, slots=True)
class Site:
    """A site that Compose has brought up."""

    command: tuple[str, ...]
    env: dict[str, str]

    def run(self, *arguments: str) -> str:
        """Runs Compose, which must succeed, and returns what it printed."""
        done = subprocess.run(
            [*self.command, *arguments],
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=270,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def manage(self, *arguments: str) -> str:
        """Runs `manage.py` in the web container."""
        return self.run("exec", "-T", "web", "python3", "manage.py", *arguments)

    def contents(self) -> str:
        """All rows, and the hashes of all media files."""
        hashes = self.run("exec", "-T", "web", "sh", "-c", "find /media -type f -exec sha256sum {} + | sort")
        return self.manage("dumpdata", "gallery") + hashes

    def sidecar(self, *arguments: str, options: tuple[str, ...] = ()) -> str:
        """Runs a verb."""
        return self.run("run", "--rm", "-T", *options, "sidecar", *arguments)


@pytest.fixture(params=sorted(DATABASES))
def site(request: pytest.FixtureRequest, image: str, tmp_path: Path) -> Iterator[Site]:
    """A site with each database in turn, up and empty."""
    home = tmp_path / "site"
    shutil.copytree(ROOT / "demo/gallery", home / "gallery", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "demo/manage.py", home)
    shutil.copy(ROOT / "tests/e2e/site/settings.py", home)
    for file in (ROOT / "compose" / request.param).iterdir():
        shutil.copy(file, home)
    labels = {name: {"labels": [containers.mark()]} for name in ("web", "database", "sidecar")}
    if request.param == "sqlite":
        del labels["database"]
    (home / "labels.yaml").write_text(json.dumps({"services": labels}))
    env = {"SIDECAR_IMAGE": image, "WEB_IMAGE": web(), "WEB_PORT": "127.0.0.1:0"}
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
        str(home / "labels.yaml"),
    )
    made = Site((*compose(), "--project-name", name, *files), env)
    try:
        made.run("up", "--detach", "--wait")
        made.manage("migrate", "--verbosity=0")
        yield made
    finally:
        made.run("--profile=backup", "down", "--volumes", "--timeout=1")


def test_the_latest_backup_brings_a_damaged_site_back(site: Site) -> None:
    site.manage("fill")
    before = site.contents()
    site.sidecar("backup")
    assert [entry["state"] for entry in json.loads(site.sidecar("list", "--json"))] == ["good"]

    assert "Dropped a table" in site.manage("damage")
    site.sidecar("restore", "--latest", "--media", options=("--volume=media:/media",))
    assert site.contents() == before
