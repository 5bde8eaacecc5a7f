"""A Django project, its remote, and its commands as a person starts them: as processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.commands import ROOT, Done, run, start
from tests.support.servers.ports import wait_until


def slow(limit: str) -> dict[str, list[str]]:
    """Options that make rclone move so many bytes a second, and no more of them into its own buffer beforehand."""
    return {"RCLONE_FLAGS": ["--bwlimit", limit, "--buffer-size", "0"]}


@dataclass(frozen=True)
class Storage:
    """A remote for tests: what to call it, how rclone finds it, and the folder in which its files really lie."""

    remote: str
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    encrypted: bool = False

    def files(self) -> list[str]:
        """Everything that is visible on the remote, by path, as rclone lists it."""
        done = self.rclone("lsf", "--recursive", "--files-only", self.remote)
        return sorted(done.stdout.splitlines())

    def rclone(self, *arguments: str, data: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs rclone itself on the remote."""
        done = subprocess.run(
            ["rclone", *arguments],
            input=data,
            env={**base_env(), **self.env},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in (0, 3):  # 3: nothing was ever written there
            raise AssertionError(done.stderr)
        return done

    def path(self, name: str) -> str:
        """Full name of a file on the remote."""
        return f"{self.remote.rstrip('/')}/{name}" if not self.remote.endswith(":") else f"{self.remote}{name}"

    def copy(self, name: str, to: Path) -> Path:
        """Brings a file of the remote here."""
        self.rclone("copyto", self.path(name), str(to))
        return to

    def put(self, name: str, content: bytes, tmp: Path) -> None:
        """Puts a file on the remote, over what is there."""
        tmp.write_bytes(content)
        self.rclone("copyto", "--ignore-times", str(tmp), self.path(name))


def base_env() -> dict[str, str]:
    """The environment of a program that a test starts: with this environment's rclone first."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "RCLONE_CONFIG": "/dev/null"}


@dataclass
class Project:
    """A Django project with django_rclone in it."""

    databases: dict[str, dict[str, Any]]
    storage: Storage
    options: dict[str, Any] = field(default_factory=dict)
    media_root: str = ""
    env: dict[str, str] = field(default_factory=dict)

    def environment(self, **env: str) -> dict[str, str]:
        """The environment of this project's commands."""
        settings = {
            "DATABASES": self.databases,
            "DJANGO_RCLONE": {"REMOTE": self.storage.remote, **self.options},
            "MEDIA_ROOT": self.media_root,
        }
        return {
            **base_env(),
            **self.storage.env,
            "DJANGO_SETTINGS_MODULE": "tests.contract.measured_settings",
            "PYTHONPATH": str(ROOT),
            "PROJECT_SETTINGS": json.dumps(settings, default=str),
            **self.env,
            **env,
        }

    def command(self, *arguments: str) -> list[str]:
        """The command line of a management command."""
        return [sys.executable, "-m", "django", *arguments]

    def run(self, *arguments: str, prefix: tuple[str, ...] = (), **env: str) -> Done:
        """Runs a command to its end."""
        return run([*prefix, *self.command(*arguments)], env=self.environment(**env))

    def ok(self, *arguments: str, **env: str) -> str:
        """Runs a command that must succeed, and returns what it printed."""
        done = self.run(*arguments, prefix=(), **env)
        assert done.code == 0, done.err
        return done.out

    @contextmanager
    def started(self, *arguments: str, **env: str) -> Iterator[Started]:
        """Starts a command, and ends it and what it left if the test did not."""
        process = start(
            self.command(*arguments),
            env=self.environment(**env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started = Started(process)
        try:
            yield started
        finally:
            for pid in started.children():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.kill()
            process.communicate()

    def restore(self, *arguments: str, code: int = 0) -> str:
        """Restores unasked, with this exit code, and returns the error, or what was printed."""
        done = self.run("dbrestore", "--noinput", *arguments)
        assert done.code == code, done.err
        return done.error if code else done.out

    def backups(self, *arguments: str) -> list[dict[str, Any]]:
        """Returns the output of `listbackups --json`."""
        listed: list[dict[str, Any]] = json.loads(self.ok("listbackups", "--json", *arguments))
        return listed

    def manifest(self, backup: Mapping[str, Any]) -> dict[str, Any]:
        """The manifest of a backup, as it lies on the remote."""
        (name,) = [name for name in self.storage.files() if name.endswith(f"-{backup['id']}.json")]
        manifest: dict[str, Any] = json.loads(self.storage.rclone("cat", self.storage.path(name)).stdout)
        return manifest


@dataclass
class Started:
    """A command that runs."""

    process: subprocess.Popen[str]

    def children(self) -> dict[int, str]:
        """The programs that the command has started and that live, with their command lines."""
        found: dict[int, str] = {}
        parents = {self.process.pid}
        for _depth in range(3):
            for entry in Path("/proc").iterdir():
                if not entry.name.isdigit() or int(entry.name) in found:
                    continue
                with suppress(OSError):
                    stat = (entry / "stat").read_text().rpartition(")")[2].split()
                    if int(stat[1]) in parents and stat[0] != "Z":
                        found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            parents |= set(found)
        return found

    def child(self, *words: str) -> int:
        """Waits until a program whose command line holds all the words runs, and returns its id."""
        seen: list[int] = []

        def found() -> bool:
            assert self.process.poll() is None, f"it ended before: {self.process.communicate()}"
            seen[:] = [pid for pid, line in self.children().items() if all(word in line for word in words)]
            return bool(seen)

        wait_until(found, " ".join(words), seconds=30)
        return seen[0]

    def end(self) -> Done:
        """Waits for the end."""
        out, err = self.process.communicate(timeout=120)
        return Done(self.process.returncode, out, err)


def written(pid: int) -> int:
    """Bytes that a process has given to write() so far; a large number when it has ended."""
    return _moved(pid, "wchar")


def taken(pid: int) -> int:
    """Bytes that a process has got from read() so far; a large number when it has ended."""
    return _moved(pid, "rchar")


def _moved(pid: int, field: str) -> int:
    try:
        fields = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    except (OSError, ValueError):
        return 1 << 62
    return int(fields[field])


def alive(pid: int) -> bool:
    """Tells whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
