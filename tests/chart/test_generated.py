"""Generated files agree with their sources, and repeated statements with each other."""

from pathlib import Path

import jsonschema
import pytest
import yaml

import django_rclone
from tests.chart import generated, values
from tests.chart.values import CHART

ROOT = generated.ROOT


@pytest.mark.parametrize("file", generated.FILES, ids=lambda file: file.name)
def test_generated_files_are_up_to_date(file: Path):
    assert file.read_text() == generated.FILES[file](), "run: python -m tests.chart"


def test_the_schema_is_a_schema():
    jsonschema.Draft7Validator.check_schema(yaml.safe_load(generated.SCHEMA.read_text()))


def test_a_value_without_a_comment_is_an_error():
    with pytest.raises(ValueError, match="mode has no comment"):
        values.read("mode: cronjob\n")


def test_the_version_is_the_apps():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["version"] == chart["appVersion"] == django_rclone.__version__


def test_the_alerts_are_those_that_compose_has():
    assert (CHART / "rules/alerts.yaml").read_bytes() == (ROOT / "compose/monitoring/alerts.yaml").read_bytes()
