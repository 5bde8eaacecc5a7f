"""The Grafana dashboard, with the data of a real run in a real Prometheus."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from django_rclone_sidecar.monitoring.metrics import METRICS, PREFIX
from tests.cli.program import Program
from tests.cli.website import serving
from tests.docs.tables import ROOT
from tests.support.servers import Prometheus, scrape

DASHBOARD = json.loads((ROOT / "helm/django-rclone/dashboards/django-rclone.json").read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]

# Metrics that a person needs only where a panel leads them to.
LEFT_OUT = {
    *("build_info", "backup_last_attempt_timestamp_seconds", "backup_last_raw_size_bytes"),
    "restore_last_duration_seconds",
}


def expressions() -> dict[str, str]:
    """The queries of the panels, by the panels' titles, for every job and every database."""
    return {panel["title"]: chosen(target["expr"]) for panel in PANELS for target in panel["targets"]}


def chosen(expression: str) -> str:
    """A query as Grafana sends it when "All" is chosen for each variable."""
    for variable in DASHBOARD["templating"]["list"]:
        expression = expression.replace(f"${variable['name']}", variable.get("allValue", ""))
    assert "$" not in expression
    return expression


def test_every_query_finds_something(tmp_path: Path, prometheus: Callable[..., Prometheus]) -> None:
    program = Program(tmp_path)
    program.fill_media()
    program.ok("backup")
    program.ok("verify", "--level", "drill")
    program.ok("restore", "--latest")
    program.ok("refresh")
    with serving(program) as website:
        server = prometheus({"scrape_configs": [scrape(website.port)]})
        for title, expression in expressions().items():
            assert server.wait_for(expression), title
        for variable in DASHBOARD["templating"]["list"]:
            if variable["type"] == "query":
                metric, label = variable["query"]["query"].removeprefix("label_values(").rstrip(")").split(", ")
                assert [series["metric"][label] for series in server.query(metric)] in (["django-rclone"], ["default"])


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_its_place(name: str) -> None:
    shown = any(PREFIX + name in expression for expression in expressions().values())
    assert shown == (name not in LEFT_OUT)


def test_no_two_panels_are_in_one_place() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
