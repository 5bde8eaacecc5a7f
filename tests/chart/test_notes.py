"""Notes after an install: what exists now, and three commands that are right."""

import re
import shutil
from pathlib import Path

import pytest

from tests.chart import helm
from tests.chart.values import CHART

NOTES = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: notes}
data:
  notes: |
    {{- tpl (.Files.Get "notes.txt") . | nindent 4 }}
"""


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart, with its notes also where they are seen without a cluster."""
    copy = tmp_path_factory.mktemp("chart") / CHART.name
    shutil.copytree(CHART, copy)
    shutil.copy(copy / "templates/NOTES.txt", copy / "notes.txt")
    (copy / "templates/notes.yaml").write_text(NOTES)
    return copy


def notes(chart: Path, values: str) -> tuple[str, list[helm.Object]]:
    """The notes, and the objects that they speak of."""
    done = helm.template("--values", CHART / f"ci/{values}-values.yaml", chart=chart)
    found = helm.parsed(done.stdout)
    (page,) = (one for one in found if one["metadata"]["name"] == "notes")
    return page["data"]["notes"], found


@pytest.mark.parametrize("values", [file.stem.removesuffix("-values") for file in helm.CI])
def test_every_object_that_is_named_is_there(chart: Path, values: str):
    text, found = notes(chart, values)
    there = {f"{one['kind'].lower()}/{one['metadata']['name']}" for one in found}
    named = re.findall(r"\b(?:cronjob|deploy|job)/[\w-]+", text)
    made = {f"job/{match}" for match in re.findall(r"create job --from=\S+ ([\w-]+)", text)}
    assert named
    assert {name.replace("deploy/", "deployment/") for name in named} <= there | made


@pytest.mark.parametrize("values", ["cronjob", "databases", "deployment"])
def test_three_commands_are_next(chart: Path, values: str):
    text, _ = notes(chart, values)
    assert re.findall(r"^\d\.", text, re.MULTILINE) == ["1.", "2.", "3."]
    assert f"helm --namespace {helm.NAMESPACE} test {helm.RELEASE}" in text
    assert "--set restore.enabled=true --set restore.latest=true" in text
    assert "s3:bucket/site" in text


def test_a_restore_is_told_of_and_how_to_switch_it_off(chart: Path):
    text, _ = notes(chart, "restore")
    assert "A RESTORE IS RUNNING" in text
    assert "--set restore.enabled=false" in text


def test_jobs_that_verify_and_prune_are_named_with_their_schedules(chart: Path):
    text, found = notes(chart, "append-only")
    schedules = {one["metadata"]["name"]: one["spec"]["schedule"] for one in helm.by_kind(found, "CronJob")}
    for job in ("verify", "prune"):
        name = next(name for name in schedules if name.endswith(job))
        assert f"CronJob {name}: {schedules[name]}" in text


def test_each_database_is_named_with_its_schedule(chart: Path):
    text, _ = notes(chart, "databases")
    assert "default: 15 3 * * *" in text
    assert "reports_of_a_long_name: @hourly" in text
