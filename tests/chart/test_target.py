"""The init containers hand the target over: their command lines are run on a real project, and its backup is made."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.chart import helm
from tests.chart.values import CHART
from tests.cli.program import Program


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Content of the web image: the demo's project, with its database."""
    copy = tmp_path / "web"
    shutil.copytree(CHART.parents[1] / "demo", copy)
    run(["python", "manage.py", "migrate", "--verbosity=0"], copy)
    return copy


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """The volume that both containers see."""
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The sidecar, which knows no database yet."""
    (tmp_path / "sidecar").mkdir()
    made = Program(tmp_path / "sidecar")
    del made.env["DATABASE_URL"]
    return made


def command(values: str, folders: dict[str, Path]) -> list[str]:
    """Returns the command of the init container, where its folders are these."""
    (job,) = helm.by_kind(helm.objects(CHART / f"ci/target-{values}-values.yaml"), "CronJob")
    container: dict[str, Any] = (helm.pod_spec(job) or {})["initContainers"][0]
    words = [*container["command"], *container.get("args", [])]
    for there, here in folders.items():
        words = [word.replace(there, str(here)) for word in words]
    return words


def run(words: list[str], cwd: Path) -> int:
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(words, cwd=cwd, env=env, timeout=120, check=False).returncode


def test_what_the_web_image_says_of_itself_is_backed_up(site: Path, shared: Path, program: Program):
    assert run(command("json", {"/run/target": shared}), site) == 0
    answer = shared / "target.json"
    assert answer.stat().st_mode & 0o777 == 0o640
    assert json.loads(answer.read_text())["databases"]["default"]["NAME"] == str(site / "db.sqlite3")
    program.env["TARGET_JSON_FILE"] = str(answer)
    program.ok("backup")
    assert [backup["database"] for backup in program.listed()] == ["default"]


def test_settings_that_cannot_be_told_fail_in_the_init_container(site: Path, shared: Path):
    with (site / "settings.py").open("a") as file:
        file.write('\nDJANGO_RCLONE = {"REMOTE": object()}\n')
    assert run(command("json", {"/run/target": shared}), site) == 2


def test_the_source_out_of_the_web_image_is_backed_up(site: Path, shared: Path, program: Program):
    assert run(command("copy", {"/srv/site": site, "/target": shared}), site) == 0
    program.env |= {"TARGET_PATH": str(shared), "TARGET_SETTINGS_MODULE": "settings"}
    program.ok("backup")
    assert [backup["database"] for backup in program.listed()] == ["default"]
