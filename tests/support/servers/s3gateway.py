"""An S3 server that shares no code with rclone, in a container."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from testcontainers.core.container import DockerContainer

from tests.support.images import image
from tests.support.servers import containers, s3requests
from tests.support.servers.ports import LOOPBACK, free_port, listening, wait_until
from tests.support.servers.storage import RCLONE

KEY, SECRET = "gateway-key", "gateway-secret"

_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_VERSIONED = f"<VersioningConfiguration {_NAMESPACE}><Status>Enabled</Status></VersioningConfiguration>".encode()
_LOCKED_FOR_A_DAY = (
    f"<ObjectLockConfiguration {_NAMESPACE}><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
    "<Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>"
).encode()


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running server with one bucket."""

    remote: str
    """Remote for rclone: "gateway:backups"."""
    environment: Mapping[str, str] = field(repr=False)
    """The variables that define the remote, with all rights."""
    versions: bool
    """Whether it can keep versions of objects."""
    _container: DockerContainer = field(repr=False)
    _address: str
    users: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    """The variables that define the remote `s3` with the rights of a user, by name."""

    def add_user(self, name: str) -> None:
        """Adds a user, who may do what the policy of a bucket allows."""
        command = f"versitygw admin -a {KEY} -s {SECRET} -er http://127.0.0.1:7070"
        code, output = self._container.exec(f"{command} create-user --access {name} --secret {name}-secret --role user")
        assert code == 0, output
        self.users[name] = _variables("S3", self._address, name, f"{name}-secret")

    def bucket(self, name: str, policy: list[dict[str, object]], *, locked: bool = False) -> None:
        """Makes a bucket with a policy, which keeps versions where the server can.

        If it is locked, nobody can delete a version within a day.
        """
        self._send("PUT", f"/{name}", **({"x_amz_bucket_object_lock_enabled": "true"} if locked else {}))
        if locked:
            self._send("PUT", f"/{name}?object-lock", _LOCKED_FOR_A_DAY)
        elif self.versions:
            self._send("PUT", f"/{name}?versioning", _VERSIONED)
        self._send("PUT", f"/{name}?policy", json.dumps({"Version": "2012-10-17", "Statement": policy}).encode())

    def oldest_version(self, bucket: str, path: str) -> str:
        """The id of an object's oldest version."""
        listed = self._send("GET", f"/{bucket}?versions")
        return re.findall(rf"<Key>{re.escape(path)}</Key>.*?<VersionId>(\w+)<", listed)[-1]

    def delete_version(self, user: str, bucket: str, path: str, version: str) -> None:
        """Deletes a version of an object for good, as a user. Raises Refused."""
        s3requests.send(self._address, (user, f"{user}-secret"), "DELETE", f"/{bucket}/{path}?versionId={version}")

    def suspend_versions(self, user: str, bucket: str) -> None:
        """Tells a bucket to keep no further versions, as a user. Raises Refused."""
        body = _VERSIONED.replace(b"Enabled", b"Suspended")
        s3requests.send(self._address, (user, f"{user}-secret"), "PUT", f"/{bucket}?versioning", body)

    def _send(self, method: str, path: str, body: bytes = b"", **headers: str) -> str:
        return s3requests.send(self._address, (KEY, SECRET), method, path, body, **headers)

    def kill(self) -> None:
        """Ends the server as a power cut would. `restart` brings it back with what it had."""
        self._container.get_wrapped_container().kill()

    def restart(self) -> None:
        """Starts the server on the same port, and waits until it answers."""
        self._container.get_wrapped_container().restart()
        self.wait()

    def wait(self) -> None:
        """Returns once the server answers. The engine's proxy listens before it does: rclone asks again."""
        subprocess.run(
            [RCLONE, "mkdir", "--retries=50", "--retries-sleep=100ms", self.remote],
            env={**self.environment, "RCLONE_CONFIG": "/dev/null"},
            stderr=subprocess.PIPE,
            check=True,
        )


@contextmanager
def start_gateway(*, versions: bool = False, users: Iterable[str] = ()) -> Iterator[Gateway]:
    """A server with one bucket, which is empty. It can keep versions, or else refuses to overwrite what is locked."""
    containers.prepare()
    port = free_port()
    container = DockerContainer(image("versitygw", "1.8"))
    container.ports["7070"] = (LOOPBACK, port)  # type: ignore[assignment]  # Docker's client takes an address too
    container.with_env("ROOT_ACCESS_KEY", KEY).with_env("ROOT_SECRET_KEY", SECRET)
    # Folders that the image has.
    keeping = ("--versioning-dir", "/srv") if versions else ()
    container.with_command(["--port", ":7070", "--iam-dir", "/opt", "posix", *keeping, "/tmp"])
    containers.own(container)
    address = f"{LOOPBACK}:{port}"
    with container:
        wait_until(lambda: listening(port), f"versitygw on port {port}")
        environment = _variables("GATEWAY", address, KEY, SECRET)
        gateway = Gateway("gateway:backups", environment, versions, container, address)
        gateway.wait()
        for user in users:
            gateway.add_user(user)
        yield gateway


def _variables(remote: str, address: str, key: str, secret: str) -> dict[str, str]:
    """The variables that define a remote."""
    variables = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ENDPOINT": f"http://{address}",
        "ACCESS_KEY_ID": key,
        "SECRET_ACCESS_KEY": secret,
    }
    return {f"RCLONE_CONFIG_{remote}_{name}": value for name, value in variables.items()}
