"""Secrets stay secret: not in the process table, not in logs or errors, not on the remote, not with strangers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.contract.conftest import make_subject
from tests.contract.project import Project, Started, Storage, slow
from tests.contract.subjects import Subject
from tests.contract.subjects.mongodb import Mongodb
from tests.contract.subjects.postgresql import Postgresql
from tests.support.servers.storage import obscure

DATABASE, STORAGE, FLAG, CRYPT, OTHER = ("db-canary", "s3-canary", "flag-canary", "crypt-canary", "other-canary")
CANARIES = (DATABASE, STORAGE, FLAG, CRYPT, OTHER)

# Which secret which program needs in its environment. Nobody else may see it.
MAY_SEE = {
    "rclone": {STORAGE, FLAG},
    "pg_dump": {DATABASE},
    "pg_restore": {DATABASE},
    "psql": {DATABASE},
    "mongodump": set(),
    "mongorestore": set(),
    "django_rclone.db.mongodb.programs.restore_steps": set(),
}


@pytest.fixture(params=["postgresql-17", "mongodb"])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """The databases that have passwords, and now have this one."""
    for made in make_subject(request.param, request, tmp_path):
        made.fill_simply(megabytes=8)
        if isinstance(made, Postgresql):
            with made.server.connect() as connection:
                connection.execute(f"ALTER ROLE {made.role} PASSWORD '{DATABASE}'")
        elif isinstance(made, Mongodb):
            with made.server.client() as client:
                client.admin.command("updateUser", made.user, pwd=DATABASE)
        yield made


@pytest.fixture
def project(subject: Subject, local: Storage) -> Project:
    env = {
        "RCLONE_CONFIG_VAULT_TYPE": "crypt",
        "RCLONE_CONFIG_VAULT_REMOTE": str(local.folder),
        "RCLONE_CONFIG_VAULT_PASSWORD": obscure(CRYPT),
        "RCLONE_CONFIG_OTHER_SECRET_ACCESS_KEY": STORAGE,
    }
    storage = Storage("vault:", local.folder, env, encrypted=True)
    flags = [*slow("4M")["RCLONE_FLAGS"], "--s3-secret-access-key", FLAG]
    options = {**subject.options, "RCLONE_FLAGS": flags}
    database = {**subject.database, "PASSWORD": DATABASE}
    return Project({"default": database}, storage, options, env={"STRIPE_SECRET_KEY": OTHER})


def watch(run: Started) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Looks at the process table until the command ends; returns the canaries seen in command lines and in
    environments, by program."""
    arguments: dict[str, set[str]] = {}
    environments: dict[str, set[str]] = {}
    while run.process.poll() is None:
        for pid, line in run.children().items():
            program = next((name for name in MAY_SEE if re.search(rf"[/ ]{name} ", f"{line} ")), line.split(" ")[0])
            with suppress(OSError):
                environment = Path(f"/proc/{pid}/environ").read_bytes().decode()
                environments.setdefault(program, set()).update(c for c in CANARIES if c in environment)
            arguments.setdefault(program, set()).update(c for c in CANARIES if c in line)
        time.sleep(0.005)
    return arguments, environments


@pytest.mark.representatives("postgresql-17-*")
@pytest.mark.parametrize("command", [["dbbackup"], ["dbrestore", "--noinput"]])
def test_no_canary_leaves_its_cage(subject: Subject, project: Project, command: list[str]):
    project.ok("dbbackup")
    with project.started(*command) as run:
        arguments, environments = watch(run)
        done = run.end()
    assert done.code == 0, done.err
    client = subject.dumper[0] if command == ["dbbackup"] else subject.client[0]
    assert {"rclone", client} <= set(environments)
    assert not any(arguments.values()), arguments
    for program, seen in environments.items():
        # Between fork and exec a child still shows the environment of its parent, our own process.
        if program in MAY_SEE:
            assert seen <= MAY_SEE[program], (program, seen)
    assert not [canary for canary in CANARIES if canary in done.out + done.err]


@pytest.mark.representatives("postgresql-17")
def test_no_canary_lies_on_the_remote(project: Project):
    project.ok("dbbackup")
    folder = project.storage.folder.with_name("decrypted")
    project.storage.rclone("copy", project.storage.remote, str(folder))
    contents = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert len(contents) == 3
    for path, content in contents.items():
        assert not [canary for canary in CANARIES if canary.encode() in content], path


@pytest.mark.representatives("postgresql-17")
def test_no_canary_is_in_an_error_or_a_dry_run(project: Project):
    project.ok("dbbackup")
    shown = [project.run("dbrestore", "--dry-run")]
    project.options["RCLONE_FLAGS"] = ["--s3-secret-access-key", FLAG, "--no-such-flag"]
    shown.append(project.run("dbbackup"))
    project.options["RCLONE_FLAGS"] = ["-vv", "--dump", "headers,auth", "--s3-secret-access-key", FLAG]
    project.databases["default"]["USER"] = "nobody"
    shown.append(project.run("dbbackup", "--traceback"))
    assert [done.code for done in shown][:2] == [0, 2], [done.err for done in shown]
    assert shown[2].code in (1, 2), shown[2].err
    for done in shown:
        assert not [canary for canary in CANARIES if canary in done.out + done.err], done.err


def test_a_password_in_a_connection_string_is_refused(project: Project):
    project.storage = Storage(f":sftp,host=127.0.0.1,pass={FLAG}:x", Path("/"))
    done = project.run("check")
    assert done.code == 1
    assert "django_rclone.E004" in done.err
    assert FLAG not in done.err
    backup = project.run("dbbackup")
    assert backup.code == 2
    assert FLAG not in backup.err
