"""rclone can save its configuration, and each run has the newest, wherever that is mounted from."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.support import commands
from tests.support.commands import Done

# The rights of files count, also when the tests are run by root.
ORDINARY = () if os.geteuid() else ("setpriv", "--bounding-set=-dac_override,-dac_read_search")

# Prints what the run gave to rclone, if anything.
SHOW = "import os; print(os.environ.get('RCLONE_CONFIG'), flush=True); "


@pytest.fixture
def mounted(program: Program) -> Iterator[Path]:
    """A configuration in a read-only folder, as a mounted Kubernetes Secret."""
    folder = program.folder / "mounted"
    folder.mkdir()
    config = folder / "rclone.conf"
    point(config, program.folder / "first")
    program.env |= {"RCLONE_CONFIG": str(config), "BACKUP_REMOTE": "vault:"}
    folder.chmod(0o555)
    yield config
    folder.chmod(0o755)


def point(config: Path, remote: Path) -> None:
    """Makes the remote of the configuration this folder."""
    config.write_text(f"[vault]\ntype = alias\nremote = {remote}\n")


def run(program: Program, *arguments: str, **env: str) -> Done:
    return commands.run([*ORDINARY, "django-rclone", *arguments], env={**program.env, **env})


def inside(program: Program, script: str, **env: str) -> str:
    """Runs a script in the sidecar's project, and returns what it printed."""
    done = run(program, "manage", "shell", "--no-imports", "-v0", "-c", script, **env)
    assert done.code == 0, done.err
    return done.out.strip()


@contextmanager
def living(program: Program, then: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Starts a run that prints which configuration it has, and goes on with the script ``then``."""
    command = [*ORDINARY, "django-rclone", "manage", "shell", "--no-imports", "-v0", "-c", SHOW + then]
    with subprocess.Popen(command, env=program.env, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_rclone_saves_into_a_copy_that_is_for_nobody_else_and_goes_with_the_run(program: Program, mounted: Path):
    before = mounted.read_text()
    script = (
        "import os, subprocess; from pathlib import Path; copy = Path(os.environ['RCLONE_CONFIG'])\n"
        "done = subprocess.run(['rclone', 'config', 'create', 'other', 'alias', 'remote=/tmp'], capture_output=True)\n"
        "print(copy, oct(copy.stat().st_mode), oct(copy.parent.stat().st_mode), b'ailed' in done.stderr)\n"
        "print('other' in copy.read_text(), 'vault' in copy.read_text())"
    )
    copy, mode, folder_mode, failed, *has = inside(program, script).split()
    assert Path(copy).is_relative_to("/dev/shm")
    assert (int(mode, 8) & 0o777, int(folder_mode, 8) & 0o777, failed) == (0o600, 0o700, "False")
    assert has == ["True", "True"]
    assert not Path(copy).parent.exists()
    assert mounted.read_text() == before


def test_a_configuration_that_was_changed_reaches_the_next_run(program: Program, mounted: Path):
    for remote in ("first", "second"):
        point(mounted, program.folder / remote)
        done = run(program, "backup")
        assert done.code == 0, done.err
        assert (program.folder / remote / "RESTORE.md").exists()
    assert len(list((program.folder / "first/manifests").iterdir())) == 1


def test_a_run_that_is_started_by_a_long_one_has_the_newest_too(program: Program, mounted: Path):
    ask = "import os; print(open(os.environ['RCLONE_CONFIG']).read())"
    script = (
        "import os, subprocess\n"
        f"open({str(mounted)!r}, 'a').write('# rotated')\n"
        f"subprocess.run(['django-rclone', 'manage', 'shell', '--no-imports', '-v0', '-c', {ask!r}], check=True)"
    )
    assert "# rotated" in inside(program, script)


def test_a_long_run_copies_again_what_has_changed_and_else_keeps_what_rclone_saved(program: Program, mounted: Path):
    script = (
        "import os; from pathlib import Path; from django_rclone_sidecar import rclone_config\n"
        "copy = Path(os.environ['RCLONE_CONFIG']); copy.write_text('saved')\n"
        "rclone_config.provide(os.environ); print(copy.read_text())\n"
        f"Path({str(mounted)!r}).write_text('rotated')\n"
        "rclone_config.provide(os.environ); print(copy.read_text(), str(copy) == os.environ['RCLONE_CONFIG'])"
    )
    assert inside(program, script).split() == ["saved", "rotated", "True"]


def test_one_that_cannot_be_read_is_said(program: Program, mounted: Path):
    mounted.chmod(0)
    assert inside(program, SHOW) == str(mounted)
    done = run(program, "backup")
    assert done.code == 2
    assert "permission denied" in done.error


def test_where_rclone_can_save_nothing_is_copied(program: Program, mounted: Path):
    mounted.parent.chmod(0o755)
    assert inside(program, SHOW) == str(mounted)
    home = program.folder / ".config/rclone"
    home.mkdir(parents=True)
    (home / "rclone.conf").write_text(mounted.read_text())
    del program.env["RCLONE_CONFIG"]
    assert inside(program, SHOW) == "None"
    assert inside(program, SHOW, XDG_CONFIG_HOME=str(program.folder / "other")) == "None"


def test_the_usual_place_is_looked_at_where_nothing_is_said(program: Program, mounted: Path):
    del program.env["RCLONE_CONFIG"]
    (program.folder / "config").mkdir()
    (program.folder / "config/rclone").symlink_to(mounted.parent)
    used = inside(program, SHOW, XDG_CONFIG_HOME=str(program.folder / "config"))
    assert used.startswith("/dev/shm/")


def test_without_one_rclone_is_told_to_save_none_where_it_cannot(program: Program, mounted: Path):
    del program.env["RCLONE_CONFIG"]
    assert inside(program, SHOW) == "None"  # it can make one in the home
    assert inside(program, SHOW, XDG_CONFIG_HOME=str(mounted.parent / "none")) == os.devnull
    assert inside(program, SHOW, RCLONE_CONFIG=str(mounted.parent / "none")) == str(mounted.parent / "none")


@pytest.mark.usefixtures("mounted")
def test_what_a_killed_run_left_is_swept_and_what_a_living_one_has_is_not(program: Program):
    with living(program, "import sys; sys.stdin.read()") as (_process, kept):
        with living(program, "import signal; os.kill(os.getpid(), signal.SIGKILL)") as (killed, left):
            assert killed.wait() != 0
        assert left.exists()
        assert kept.exists()
        inside(program, SHOW)
        assert not left.parent.exists()
        assert kept.exists()


@pytest.mark.usefixtures("mounted")
def test_a_process_that_was_forked_takes_nothing_away_from_its_maker(program: Program):
    script = (
        "import sys; child = os.fork(); child or sys.exit(); os.waitpid(child, 0); "
        "print(os.path.exists(os.environ['RCLONE_CONFIG']))"
    )
    assert inside(program, SHOW + script).split()[-1] == "True"
