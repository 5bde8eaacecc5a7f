"""The examples in README.md and docs/ work as they stand there."""

import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import override_settings

from django_rclone import conf
from tests.docs.tables import ROOT
from tests.support.servers import PostgresServer


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo's project, something in it, and a backup of that."""
    folder = tmp_path_factory.mktemp("saved")
    shutil.copytree(ROOT / "demo", folder / "site")
    for command in ("migrate --verbosity 0", "fill", "dbbackup", "mediabackup"):
        shell(f"python manage.py {command}", folder / "site")
    return folder


@pytest.fixture
def site(saved: Path, tmp_path: Path) -> Path:
    """That project for one test, beside its backups."""
    shutil.copytree(saved, tmp_path, dirs_exist_ok=True)
    return tmp_path / "site"


def shell(script: str, folder: Path, *, answers: str = "") -> str:
    """Runs a script as a person with this environment on PATH would, who gives these answers at a terminal."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "RCLONE_CONFIG": os.devnull}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    keyboard, terminal = pty.openpty()
    with os.fdopen(keyboard, "wb", 0) as typed, os.fdopen(terminal, "rb") as stdin:
        typed.write(answers.encode())
        done = subprocess.run(
            ["sh", "-ec", script], cwd=folder, env=env, stdin=stdin, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    return done.stdout


IN_ONE_PROCESS = """
import contextlib, io, json, os, sys
from django.core.management import execute_from_command_line

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
said = []
for arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        execute_from_command_line(["manage.py", *arguments])
    said.append(out.getvalue())
print(json.dumps(said))
"""
"""Runs management commands, which are given as JSON, and prints what each said."""


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)


def test_the_demo_brings_everything_back(tmp_path: Path):
    said = shell(f"scripts/demo.sh {tmp_path / 'demo'}", ROOT).splitlines()
    assert [line for line in said if line.startswith("$ python manage.py dbrestore")]
    assert said[-1].startswith("All rows and all files are back, bit for bit.")


@pytest.mark.parametrize("page", ["README.md", "docs/restore.md"])
def test_the_commands_of_a_page_run(page: str, site: Path):
    text = (ROOT / page).read_text()
    scripts = re.findall(r"<!-- runs -->\n```sh\n(.*?)```", text, re.DOTALL)
    fingerprint = shell("python manage.py fingerprint", site)
    said = "".join(shell(script, site, answers="y\n" * script.count("\n")) for script in scripts)
    assert "restored from" in said
    assert shell("python manage.py fingerprint", site) == fingerprint


def test_the_table_of_wishes_names_options_that_the_commands_take(site: Path):
    table = (ROOT / "docs/restore.md").read_text().partition("\n## Which backup, and how\n")[2].partition("\n## ")[0]
    # The second column holds the app's options.
    wishes = re.findall(r"^\| [^|]+ \| `(-[^`]+)`", table, re.MULTILINE)
    (newest,) = json.loads(shell("python manage.py listbackups --json", site))
    places = {"ALIAS": "default", "NAME": "look.sqlite3", "PATH": newest["path"]}
    assert len(wishes) == 9
    commands = []
    for wish in wishes:
        words = [places.get(word, word) for word in wish.split()]
        when = ["--at", "2999-01-01"] if "--at" in words else words
        commands.append(["dbrestore", "--dry-run", *when])
    plans = json.loads(shell(f"python -c {shlex.quote(IN_ONE_PROCESS)} {shlex.quote(json.dumps(commands))}", site))
    assert len(plans) == len(wishes)
    assert all("restore" in plan for plan in plans)


@pytest.mark.parametrize("page", ["README.md", "docs/settings.md"])
def test_the_settings_that_are_shown_are_without_fault(page: str):
    for block in blocks(page, "python"):
        shown = {"INSTALLED_APPS": []}
        exec(block, shown)
        with override_settings(DJANGO_RCLONE=shown["DJANGO_RCLONE"]):
            assert conf.unknown_keys() == {}
            assert [conf.problem(name) for name in conf.SETTINGS if conf.problem(name)] == []


def test_the_changed_connector_that_is_shown_works(site: Path, postgres17: PostgresServer):
    (site / "shown.py").write_text(blocks("docs/connectors.md", "python")[0])
    with postgres17.database() as name, (site / "settings.py").open("a") as settings:
        for table in ("django_session", "other"):
            postgres17.query(f"CREATE TABLE {table} (id integer); INSERT INTO {table} VALUES (1)", name)
        settings.write(f'DATABASES["default"] = {postgres17.settings(name)!r}\n')
        settings.write('DJANGO_RCLONE["CONNECTORS"] = {"default": "shown.WithoutSessions"}\n')
        settings.write(
            f'DJANGO_RCLONE["DATABASE_OPTIONS"] = {{"default": {{"BINARY_DIR": "{postgres17.client_dir}"}}}}\n'
        )
        settings.close()
        shell("python manage.py dbbackup", site)
    (dump,) = (site.parent / "backups/db").glob("*.dump")
    listed = shell(f"{postgres17.client_dir}/pg_restore --list {dump}", site)
    assert "TABLE public django_session" in listed
    assert "TABLE DATA public other" in listed
    assert "TABLE DATA public django_session" not in listed
