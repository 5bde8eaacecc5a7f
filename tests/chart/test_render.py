"""Renderings are accepted: by Helm, by the oldest and the newest Kubernetes, by Prometheus Operator."""

from pathlib import Path

import kubernetes_validate
import pytest

from tests.chart import crds, helm
from tests.chart.values import CHART

OPERATOR = "monitoring.coreos.com/v1"
each = pytest.mark.parametrize("values", helm.CI, ids=lambda file: file.stem)


def number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@each
def test_lint_finds_nothing(values: Path):
    done = helm.helm("lint", "--strict", CHART, "--values", values, "--kube-version", helm.NEWEST)
    assert done.returncode == 0, done.stdout
    assert "[WARNING]" not in done.stdout


def test_lint_finds_nothing_without_values():
    assert helm.helm("lint", "--strict", CHART).returncode == 0


def test_the_newest_kubernetes_is_the_newest_that_has_a_schema():
    assert number(str(kubernetes_validate.latest_version()))[:2] == number(helm.NEWEST)


@each
@pytest.mark.parametrize("version", [helm.OLDEST, helm.NEWEST])
def test_kubernetes_accepts_every_object(values: Path, version: str):
    version = max(version, helm.SINCE.get(values.name, version), key=number)
    for one in helm.objects(values):
        if one["apiVersion"] != OPERATOR:
            kubernetes_validate.validate(one, version, strict=True)


@each
def test_prometheus_operator_accepts_every_object_of_its_own(values: Path):
    for one in helm.objects(values):
        if one["apiVersion"] == OPERATOR:
            assert list(crds.faults(one)) == []


def test_every_template_is_rendered_by_some_values():
    sources = {
        line for values in helm.CI for line in helm.rendered(values).splitlines() if line.startswith("# Source:")
    }
    templates = CHART / "templates"
    files = [file.relative_to(CHART.parent) for file in templates.rglob("*.yaml")]
    assert {f"# Source: {file}" for file in files} == sources


@each
def test_no_two_objects_have_one_name(values: Path):
    names = [(one["kind"], one["metadata"]["name"]) for one in helm.objects(values)]
    assert len(names) == len(set(names))
