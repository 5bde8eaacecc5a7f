"""Sources of the cluster: KUBECONFIG names one, or kind makes one, or we start a node."""

import os
import shlex
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.kubectl import Kubectl
from tests.cluster.node import start_node
from tests.support.images import kubernetes

LOAD = "TEST_CLUSTER_LOAD"
"""The environment variable with the command that brings images to the nodes of the cluster that KUBECONFIG names."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster."""

    kubectl: Kubectl
    load: Callable[[tuple[str, ...]], None]
    """Brings images from the Docker engine to the nodes."""
    pull_policy: str = "Never"


@contextmanager
def a_cluster(home: Path) -> Iterator[Cluster]:
    """The cluster to test in, for as long as needed. What is made for it is written to `home`, and removed."""
    if own := os.environ.get("KUBECONFIG"):
        yield _existing(Path(own))
    elif shutil.which("kind"):
        with _kind(home / "kubeconfig") as cluster:
            yield cluster
    else:
        with start_node(home / "kubeconfig") as node:
            yield Cluster(Kubectl(str(kubernetes.kubectl()), node.kubeconfig), node.load)


def _existing(kubeconfig: Path) -> Cluster:
    command = shlex.split(os.environ.get(LOAD, ""))

    def load(images: tuple[str, ...]) -> None:
        for image in images if command else ():
            subprocess.run([*command, image], check=True)

    # Without a command the nodes pull the images, which TEST_IMAGE_… may name.
    return Cluster(Kubectl(_kubectl(), kubeconfig), load, "Never" if command else "IfNotPresent")


@contextmanager
def _kind(kubeconfig: Path) -> Iterator[Cluster]:
    name = f"django-rclone-{uuid.uuid4().hex[:8]}"
    try:
        create = ["kind", "create", "cluster", f"--name={name}", f"--kubeconfig={kubeconfig}", "--wait=180s"]
        subprocess.run(create, check=True)
        load = ["kind", "load", "docker-image", f"--name={name}"]
        yield Cluster(Kubectl(_kubectl(), kubeconfig), lambda images: _run([*load, *images]))
    finally:
        subprocess.run(["kind", "delete", "cluster", f"--name={name}"], check=False)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True)


def _kubectl() -> str:
    found = shutil.which("kubectl")
    if not found:
        raise RuntimeError("There is a cluster, but no kubectl on PATH. Install it, and try again.")
    return found
