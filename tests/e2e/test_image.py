"""What the image is: small, without what it does not need, and at home under any user."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import pytest

import django_rclone
from tests.e2e.container import HARDENED, Sidecar
from tests.support.images import size
from tests.support.servers import containers

# rclone tries that eleven times where it cannot, with pauses, and says so in the end.
SAVE = "import subprocess; subprocess.run(['rclone', 'config', 'create', 'other', 'alias', 'remote=/tmp'], check=True)"


def shell(image: str, script: str, *options: str) -> str:
    """Runs a script in the image, as root unless the options say otherwise."""
    command = [
        "docker",
        "run",
        "--rm",
        "--network=none",
        "--user=0",
        "--entrypoint=sh",
        *options,
        image,
        "-euc",
        script,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_it_keeps_within_its_size(image: str) -> None:
    assert size.total(image) <= size.LIMIT, size.report(image)


def test_it_says_what_it_is(image: str) -> None:
    done = subprocess.run(["docker", "image", "inspect", image], capture_output=True, text=True, check=True)
    labels = json.loads(done.stdout)[0]["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == django_rclone.__version__
    assert {f"org.opencontainers.image.{name}" for name in ("title", "description", "licenses")} <= labels.keys()
    versions = json.loads(Sidecar(image).ok("version", "--json").out)
    assert versions["django-rclone"] == django_rclone.__version__


def test_no_compiler_and_no_cache_is_left_in_it(image: str) -> None:
    found = shell(
        image,
        "for program in gcc cc go perl5.40-x86_64-linux-gnu git; do command -v $program || true; done; "
        "find /var/lib/apt/lists /var/cache/apt ~root/.cache /opt/build /wheels /project -type f 2>/dev/null || true",
    )
    assert found == ""


def test_each_databases_own_clients_are_there_side_by_side(image: str) -> None:
    said = shell(
        image,
        "for major in 17 18; do /usr/lib/postgresql/$major/bin/pg_dump --version; done; "
        "mysqldump --version; mariadb-dump --version; mongodump --version; rclone version",
    )
    for words in (" 17.", " 18.", "mysqldump  Ver 9.", "MariaDB", "100.", "rclone v1."):
        assert words in said


@pytest.mark.representatives("54321:54321")
@pytest.mark.parametrize("user", ["54321:54321", "54321:0", "0:0"])
def test_any_user_backs_up_and_restores(user: str, sqlite: Sidecar) -> None:
    image = Sidecar(sqlite.image, sqlite.env, sqlite.volumes, (f"--user={user}",))
    image.ok("backup")
    image.ok("restore", "--latest")
    assert [entry["state"] for entry in image.listed()] == ["good"]


def test_a_run_writes_to_the_state_folder_at_most(sqlite: Sidecar) -> None:
    # Not read-only here: what a run would like to write must show.
    name = f"django-rclone-test-{sqlite.volumes[0][-30:-20].strip(':/')}"
    volumes = [f"--volume={volume}" for volume in sqlite.volumes]
    env = [f"--env={key}={value}" for key, value in sqlite.env.items()]
    subprocess.run(
        ["docker", "run", "--network=none", f"--name={name}", *env, *volumes, sqlite.image, "backup"], check=True
    )
    try:
        changes = subprocess.run(["docker", "diff", name], capture_output=True, text=True, check=True).stdout
    finally:
        subprocess.run(["docker", "rm", "--force", name], stdout=-3, check=True)
    written = {line.split(maxsplit=1)[1] for line in changes.splitlines()}
    mounts = {part for volume in sqlite.volumes for path in [volume.split(":")[1]] for part in _parents(path)}
    assert {path for path in written if not path.startswith("/state")} <= mounts


def _parents(path: str) -> set[str]:
    return {str(parent) for parent in (Path(path), *Path(path).parents)}


def test_the_web_containers_settings_module_is_handed_on(sqlite: Sidecar) -> None:
    script = "import os; print(os.environ['TARGET_SETTINGS_MODULE'], os.environ['DJANGO_SETTINGS_MODULE'])"
    # What else a web container's environment says about Python has no say in the image.
    env = {"DJANGO_SETTINGS_MODULE": "site.settings", "PYTHONPATH": "/nowhere", "PYTHONHOME": "/nowhere"}
    done = sqlite.ok("manage", "shell", "--no-imports", "-v0", "-c", script, **env)
    assert done.out.split()[-2:] == ["site.settings", "django_rclone_sidecar.settings.project"]


def test_a_derived_image_takes_two_lines(image: str, tmp_path: Path) -> None:
    _wheel(tmp_path / "house_style-1.0-py3-none-any.whl")
    # A package registry would be asked for the wheel: the COPY stands for that.
    (tmp_path / "Dockerfile").write_text(
        f"FROM {image}\nCOPY *.whl /tmp/\nRUN pip install --no-index /tmp/house_style-1.0-py3-none-any.whl\n"
    )
    built = subprocess.run(
        ["docker", "build", "--quiet", "--force-rm", tmp_path], capture_output=True, text=True, check=True
    )
    try:
        run = ["docker", "run", "--rm", "--entrypoint=python", built.stdout.strip(), "-I", "-c", "import house_style"]
        subprocess.run(run, check=True)
    finally:
        subprocess.run(["docker", "rmi", built.stdout.strip()], stdout=-3, check=True)


def _wheel(path: Path) -> None:
    """A package with nothing in it. Source: packaging.python.org/specifications/binary-distribution-format."""
    info = "house_style-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("house_style.py", "")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: house-style\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"house_style.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


def test_rclones_configuration_is_read_where_its_own_image_has_it(sqlite: Sidecar, tmp_path: Path) -> None:
    config = tmp_path / "rclone.conf"
    config.write_text("[vault]\ntype = alias\nremote = /backups\n")
    config.chmod(0o644)
    volumes = (*sqlite.volumes, f"{config}:/config/rclone/rclone.conf:ro")
    image = Sidecar(sqlite.image, {**sqlite.env, "BACKUP_REMOTE": "vault:site"}, volumes)
    image.ok("backup")
    assert [entry["state"] for entry in image.listed()] == ["good"]


def test_an_rclone_that_cannot_save_its_configuration_does_not_keep_us_waiting(image: str, tmp_path: Path) -> None:
    config = tmp_path / "rclone.conf"
    config.write_text("[vault]\ntype = alias\nremote = /backups\n")
    config.chmod(0o644)
    target = {"DATABASE_URL": "sqlite:////nonexistent"}
    for volumes in ((), (f"{config}:/config/rclone/rclone.conf:ro",)):
        done = Sidecar(image, target, volumes).ok("manage", "shell", "--no-imports", "-c", SAVE)
        assert "Failed to save config" not in done.err


@pytest.mark.exhaustive
def test_a_run_by_exec_has_the_configuration_as_it_is_now(sqlite: Sidecar, tmp_path: Path) -> None:
    mounted = tmp_path / "rclone"
    mounted.mkdir()
    config = mounted / "rclone.conf"
    options = [f"--volume={volume}" for volume in (*sqlite.volumes, f"{mounted}:/config/rclone:ro")]
    options += [f"--env={name}={value}" for name, value in {**sqlite.env, "BACKUP_REMOTE": "vault:"}.items()]
    start = ["docker", "run", "--detach", "--network=none", f"--label={containers.mark()}", *HARDENED, *options]
    started = subprocess.run(
        [*start, "--entrypoint=sleep", sqlite.image, "infinity"], capture_output=True, text=True, check=True
    )
    inside = ["docker", "exec", started.stdout.strip()]
    try:
        for remote in ("first", "second"):
            config.write_text(f"[vault]\ntype = alias\nremote = /backups/{remote}\n")
            config.chmod(0o644)
            subprocess.run([*inside, "django-rclone", "backup"], check=True)
            subprocess.run([*inside, "test", "-e", f"/backups/{remote}/RESTORE.md"], check=True)
        save = [*inside, "django-rclone", "manage", "shell", "--no-imports", "-c", SAVE]
        saved = subprocess.run(save, capture_output=True, text=True, check=True)
        assert "Failed to save config" not in saved.stderr
        # No copy of it is left; the history is, where /state cannot be written.
        left = subprocess.run([*inside, "find", "/dev/shm", "-type", "f"], capture_output=True, text=True, check=True)
        assert [Path(path).name for path in left.stdout.split()] == ["history.sqlite3"]
    finally:
        subprocess.run(["docker", "rm", "--force", started.stdout.strip()], stdout=-3, check=True)
