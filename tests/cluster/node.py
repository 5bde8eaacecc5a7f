"""A cluster of one node, in a container of the Docker engine: all of it is gone when the container is."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from testcontainers.core.container import DockerContainer

from tests.support.images import kubernetes
from tests.support.servers import containers
from tests.support.servers.ports import LOOPBACK, free_port, wait_until

# No more than a node of unprivileged pods needs: `privileged` asks for rights that not every machine has to give.
_OPTIONS = {
    "cap_add": ["DAC_READ_SEARCH", "NET_ADMIN", "SYSLOG", "SYS_ADMIN", "SYS_NICE", "SYS_PTRACE"],
    "security_opt": ["seccomp=unconfined", "apparmor=unconfined"],
    "device_cgroup_rules": ["a *:* rwm"],
    # Its control groups are a branch of the machine's: it sees, and can end, nothing beside its own.
    "cgroupns": "private",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A running node."""

    kubeconfig: Path
    container: DockerContainer = field(repr=False)

    def load(self, images: tuple[str, ...]) -> None:
        """Brings images from the Docker engine into the node."""
        into = ["docker", "exec", "--interactive", self._id, "ctr", "--namespace=k8s.io", "images", "import", "-"]
        with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as saved:
            done = subprocess.run(into, stdin=saved.stdout, capture_output=True, text=True, check=False)
        if saved.returncode or done.returncode:
            raise RuntimeError(f"{' '.join(images)} did not reach the node: {done.stderr}")

    def configure(self, port: int) -> None:
        """Writes the file that says how to reach the cluster from here."""
        show = ["docker", "exec", self._id, "cat", "/etc/kubernetes/admin.conf"]
        inside = subprocess.run(show, capture_output=True, text=True, check=True).stdout
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(inside.replace("https://127.0.0.1:6443", f"https://{LOOPBACK}:{port}"))

    def ready(self) -> bool:
        """Whether every program of it is up. Raises RuntimeError with its last words when the node has ended."""
        said = b"\n".join(self.container.get_logs()).decode(errors="replace")
        inner = self.container.get_wrapped_container()
        inner.reload()
        if inner.status == "exited":
            raise RuntimeError(f"The node has ended:\n{said}")
        return "The cluster is ready." in said

    @property
    def _id(self) -> str:
        return str(self.container.get_wrapped_container().id)


@contextmanager
def start_node(kubeconfig: Path) -> Iterator[Node]:
    """A cluster of one node, for as long as needed."""
    containers.prepare()
    port = free_port()
    container = DockerContainer(kubernetes.node())
    container.ports["6443"] = (LOOPBACK, port)  # type: ignore[assignment]  # Docker's client takes an address too
    containers.own(container, **_OPTIONS)
    with container:
        node = Node(kubeconfig, container)
        wait_until(node.ready, "The cluster", seconds=600)
        node.configure(port)
        yield node
