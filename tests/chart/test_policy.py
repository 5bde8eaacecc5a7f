"""Policies of platforms hold in every rendering."""

import re
from pathlib import Path
from typing import Any

import pytest

from django_rclone_sidecar.environment.variables import URL, VARIABLES
from tests.chart import helm
from tests.chart.policy import offences

each = pytest.mark.parametrize("values", helm.CI, ids=lambda file: file.stem)


@each
def test_nothing_offends(values: Path):
    assert [offence for one in helm.objects(values) for offence in offences(one)] == []


@each
def test_every_variable_is_one_that_the_image_knows(values: Path):
    for one in helm.objects(values):
        for container in helm.containers(one):
            if container["name"] == "sidecar":
                ours = {entry["name"] for entry in container["env"] if entry["name"].startswith(("BACKUP_", "TARGET_"))}
                assert ours <= VARIABLES.keys()


@each
def test_variables_that_hold_secrets_come_from_secrets(values: Path):
    secret = {name for name, variable in VARIABLES.items() if variable.secret} - {"BACKUP_PUSHGATEWAY_URL"}
    for one in helm.objects(values):
        for container in helm.containers(one):
            for entry in container.get("env", []):
                if entry["name"] in secret or entry["name"].startswith(URL):
                    assert "secretKeyRef" in entry["valueFrom"]


@each
def test_no_variable_is_named_twice(values: Path):
    for one in helm.objects(values):
        for container in helm.containers(one):
            names = [entry["name"] for entry in container.get("env", [])]
            assert len(names) == len(set(names))


GOOD: dict[str, Any] = {
    "name": "sidecar",
    "image": "registry.example.com/django-rclone:1.0.0",
    "resources": {"limits": {"cpu": "1", "memory": "1Mi"}, "requests": {"cpu": "1", "memory": "1Mi"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    },
}
POD: dict[str, Any] = {
    "automountServiceAccountToken": False,
    "enableServiceLinks": False,
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
}


@pytest.mark.parametrize(
    ("pod", "container", "offence"),
    [
        ({}, {"image": "django-rclone:latest"}, "latest"),
        ({}, {"image": "registry.example.com:5000/django-rclone"}, "latest"),
        ({}, {"resources": {"limits": {"cpu": "1"}}}, "limits"),
        ({}, {"securityContext": {**GOOD["securityContext"], "privileged": True}}, "privileged"),
        ({}, {"securityContext": {**GOOD["securityContext"], "capabilities": {}}}, "capabilities"),
        ({}, {"readinessProbe": {"httpGet": {"path": "/status"}}}, "probe"),
        ({}, {"livenessProbe": {"exec": {"command": ["django-rclone", "doctor"]}}}, "probe"),
        ({}, {"args": ["--password=secret"]}, "secret"),
        ({}, {"env": [{"name": "DATABASE_URL", "value": "postgres://site:secret@database/site"}]}, "secret"),
        ({"hostNetwork": True}, {}, "hostNetwork"),
        ({"automountServiceAccountToken": True}, {}, "token"),
        ({"securityContext": {}}, {}, "runAsNonRoot"),
        ({"volumes": [{"name": "root", "hostPath": {"path": "/"}}]}, {}, "hostPath"),
    ],
)
def test_an_offence_is_seen(pod: dict[str, Any], container: dict[str, Any], offence: str):
    good = {"kind": "Pod", "metadata": {"name": "x"}, "spec": {**POD, "containers": [GOOD]}}
    bad = {"kind": "Pod", "metadata": {"name": "x"}, "spec": {**POD, **pod, "containers": [{**GOOD, **container}]}}
    assert list(offences(good)) == []
    assert any(re.search(offence, found) for found in offences(bad))
