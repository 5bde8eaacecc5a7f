"""Helm, and what the chart renders with each set of values."""

import functools
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.chart.values import CHART
from tests.support.images.clients import client_dir

RELEASE = "site-backup"
NAMESPACE = "backups"
CI = tuple(sorted((CHART / "ci").glob("*-values.yaml")))
"""The values files that everything is tried with."""

OLDEST = re.search(r'kubeVersion: ">=(\d+\.\d+)', (CHART / "Chart.yaml").read_text())[1]  # type: ignore[index]
NEWEST = "1.37"
SINCE = {"target-image-volume-values.yaml": "1.33"}
"""The oldest Kubernetes that a values file is for, where that is not the chart's."""

# Since then Helm says what does not fit the schema in plain words.
_PLAIN_SPOKEN = (3, 18)

Object = dict[str, Any]


@functools.cache
def program() -> str:
    """Helm as it is on PATH, or as the tests' images have it."""
    own = shutil.which("helm")
    if own:
        said = subprocess.run([own, "version", "--short"], capture_output=True, text=True, check=False).stdout
        if (found := re.match(r"v(\d+)\.(\d+)", said)) and (int(found[1]), int(found[2])) >= _PLAIN_SPOKEN:
            return own
    return str(client_dir("helm", "3.22") / "helm")


def helm(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Runs Helm to its end."""
    return subprocess.run([program(), *arguments], capture_output=True, text=True, timeout=60, check=False)


def template(*options: str | Path, chart: Path = CHART, kubernetes: str = NEWEST) -> "subprocess.CompletedProcess[str]":
    """Runs `helm template` with these options."""
    return helm("template", RELEASE, chart, "--namespace", NAMESPACE, "--kube-version", kubernetes, *options)


@functools.cache
def rendered(values: Path) -> str:
    """Returns the chart's rendering with a values file, as text."""
    done = template("--values", values)
    assert done.returncode == 0, done.stderr
    return done.stdout


def objects(values: Path) -> list[Object]:
    """Returns the chart's rendering with a values file."""
    return parsed(rendered(values))


def parsed(text: str) -> list[Object]:
    """The objects in a text of Helm's."""
    return [found for found in yaml.safe_load_all(text) if found]


def by_kind(found: list[Object], kind: str) -> list[Object]:
    """Those of a kind."""
    return [one for one in found if one["kind"] == kind]


def pod_spec(one: Object) -> dict[str, Any] | None:
    """The spec of the pods that an object makes, if it makes any."""
    match one["kind"]:
        case "Pod":
            spec = one["spec"]
        case "CronJob":
            spec = one["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        case "Job" | "Deployment":
            spec = one["spec"]["template"]["spec"]
        case _:
            spec = None
    return spec


def containers(one: Object) -> list[dict[str, Any]]:
    """The containers of an object's pods, init containers too."""
    spec = pod_spec(one) or {}
    return [*spec.get("initContainers", []), *spec.get("containers", [])]
