"""Policies of platforms: Pod Security "restricted", and what is written down in this project."""

import re
from collections.abc import Iterator
from typing import Any

from tests.chart.helm import Object, containers, pod_spec

# What answers whatever became of the last backup.
_PROBES = ("/healthz", "/readyz")
_VOLUMES = {
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"),
    *("persistentVolumeClaim", "projected", "secret"),
}
_SECRET = re.compile(r"(?i)(password|passwd|secret|token)[\w-]*=\S|://[^/\s:@]*:[^/\s@]+@")
_SECRET_NAME = re.compile(r"(?i)(password|passwd|secret|token|_key)$")


def offences(one: Object) -> Iterator[str]:
    """Yields the violations of an object."""
    spec = pod_spec(one)
    if spec is None:
        return
    name = f"{one['kind']} {one['metadata']['name']}"
    yield from (f"{name}: {offence}" for offence in _of_pod(spec))
    for container in containers(one):
        yield from (f"{name}, {container['name']}: {offence}" for offence in of_container(container))


def _of_pod(spec: dict[str, Any]) -> Iterator[str]:
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield key
    if spec.get("automountServiceAccountToken") is not False:
        yield "a token of the service account is mounted"
    if spec.get("enableServiceLinks") is not False:
        yield "variables of Services"
    context = spec.get("securityContext", {})
    if context.get("runAsNonRoot") is not True:
        yield "runAsNonRoot is not set"
    if context.get("runAsUser") == 0:
        yield "runs as root"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "no seccomp profile"
    for volume in spec.get("volumes", []):
        if kinds := volume.keys() - _VOLUMES - {"name"}:
            yield f"a volume of the kind {', '.join(kinds)}"


def of_container(container: dict[str, Any]) -> Iterator[str]:
    """Yields the violations of a container."""
    context = container.get("securityContext", {})
    if context.get("privileged"):
        yield "privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "privileges may be escalated"
    if context.get("capabilities", {}).get("drop") != ["ALL"] or "add" in context.get("capabilities", {}):
        yield "capabilities are not dropped"
    if context.get("runAsUser") == 0:
        yield "runs as root"
    if container["name"] == "sidecar" and context.get("readOnlyRootFilesystem") is not True:
        yield "can write to its root file system"
    if "@sha256:" not in (image := container["image"]) and image.rpartition("/")[2].partition(":")[2] in ("", "latest"):
        yield f"the image {image} may be the latest"
    for kind in ("requests", "limits"):
        if missing := {"cpu", "memory"} - container.get("resources", {}).get(kind, {}).keys():
            yield f"no {kind} of {' and '.join(sorted(missing))}"
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe in container and container[probe].get("httpGet", {}).get("path") not in _PROBES:
            yield f"a probe may depend on a backup: {probe}"
    yield from _secrets(container)


def _secrets(container: dict[str, Any]) -> Iterator[str]:
    for text in (*container.get("command", []), *container.get("args", [])):
        if _SECRET.search(text):
            yield "a secret among the arguments"
    for entry in container.get("env", []):
        if "value" in entry and (_SECRET_NAME.search(entry["name"]) or _SECRET.search(entry["value"])):
            yield f"a secret as the plain value of {entry['name']}"
