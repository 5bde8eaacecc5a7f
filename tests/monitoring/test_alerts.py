"""The alert rules fire and end when they should, and link to runbooks that help."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from django_rclone_sidecar import cli
from django_rclone_sidecar.environment import variables as env_table
from tests.docs.tables import ROOT
from tests.support.servers import promtool

RULES = ROOT / "compose/monitoring/alerts.yaml"
PAGES = sorted((ROOT / "docs/runbooks").glob("*.md"))
CASES = sorted((ROOT / "tests/monitoring").glob("*.test.yaml"))


def alerts() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    return group["rules"]


def named(alert: dict[str, Any]) -> str:
    return alert["alert"]


def test_prometheus_takes_the_rules() -> None:
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", RULES)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{len(alerts())} rules found" in done.stdout


def test_alerts_fire_when_they_should_and_end() -> None:
    done = promtool("test", "rules", *CASES)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("alert", alerts(), ids=named)
def test_every_alert_is_seen_to_fire(alert: dict[str, Any]) -> None:
    expected = [
        sample["labels"]
        for cases in CASES
        for case in yaml.safe_load(cases.read_text())["tests"]
        for look in case.get("promql_expr_test", [])
        for sample in look["exp_samples"]
    ]
    assert any(f'alertname="{alert["alert"]}"' in labels for labels in expected)


@pytest.mark.parametrize("alert", alerts(), ids=named)
def test_every_alert_says_how_bad_it_is_and_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in ("warning", "critical")
    assert alert["annotations"].keys() == {"summary", "description", "runbook"}
    assert "Next" in alert["annotations"]["description"]
    if "{database}" in alert["expr"] or "backup_overdue" in alert["expr"]:
        assert "$labels.database" in alert["annotations"]["summary"]


@pytest.mark.parametrize("alert", alerts(), ids=named)
def test_every_alert_has_a_page_that_helps(alert: dict[str, Any]) -> None:
    path = alert["annotations"]["runbook"]
    assert path == f"docs/runbooks/{alert['alert']}.md"
    page = (ROOT / path).read_text()
    assert page.startswith(f"# {alert['alert']}\n")
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == ["Find the cause", "Fix it", "Resolved when"]


def test_every_page_belongs_to_an_alert() -> None:
    assert {page.stem for page in PAGES} == {alert["alert"] for alert in alerts()}


@pytest.mark.parametrize("text", [RULES, *PAGES], ids=lambda path: path.stem)
def test_commands_and_variables_that_people_are_sent_to_are_there(text: Path) -> None:
    verbs = set(re.findall(r"\bdjango-rclone ([a-z-]+)", text.read_text()))
    assert verbs <= cli.COMMANDS.keys()
    variables = {name.removesuffix("_FILE") for name in re.findall(r"\bBACKUP_[A-Z_]+\b", text.read_text())}
    assert variables <= env_table.VARIABLES.keys()
