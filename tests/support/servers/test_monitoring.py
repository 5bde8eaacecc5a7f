"""Prometheus, Alertmanager and Pushgateway, which other tests stand on, do what they are trusted with."""

import json
import queue
import urllib.error

import prometheus_client
import pytest
from prometheus_client import CollectorRegistry, Gauge
from testcontainers.core.container import DockerContainer

from tests.support.images import image
from tests.support.servers import amtool, containers, listen, promtool, scrape, start_pushgateway, tell
from tests.support.servers.alertmanager import VERSION as ALERTMANAGER
from tests.support.servers.ports import wait_until
from tests.support.servers.prometheus import VERSION as PROMETHEUS
from tests.support.servers.pushgateway import VERSION as PUSHGATEWAY
from tests.support.servers.web import fetch

pytestmark = pytest.mark.exhaustive  # of the tests' own servers

NOT_RUNNING = """
groups:
  - name: test
    rules:
      - alert: NotRunning
        expr: running == 0
"""


# What a Compose file relies on: the configuration's place, the port, and what asks whether all is well.
IMAGES = {
    "prometheus": (PROMETHEUS, "/etc/prometheus/prometheus.yml", 9090, "/api/v1/status/config"),
    "alertmanager": (ALERTMANAGER, "/etc/alertmanager/alertmanager.yml", 9093, "/api/v2/status"),
    "pushgateway": (PUSHGATEWAY, "", 9091, "/api/v1/status"),
}
CONFIGURED = {
    "prometheus": {"scrape_configs": [scrape(7, "mark-of-ours")]},
    "alertmanager": {"route": {"receiver": "mark-of-ours"}, "receivers": [{"name": "mark-of-ours"}]},
}


@pytest.fixture
def running():
    """A gauge that is served on a port: `(gauge, port)`."""
    registry = CollectorRegistry()
    gauge = Gauge("running", "Whether it runs.", registry=registry)
    server, thread = prometheus_client.start_http_server(0, "127.0.0.1", registry)
    yield gauge, server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_was_pushed_is_there_to_be_scraped(pushgateway):
    registry = CollectorRegistry()
    Gauge("pushed", "A number.", registry=registry).set(42)
    prometheus_client.pushadd_to_gateway(pushgateway.url, "test", registry, {"database": "default"})
    assert pushgateway.values("pushed", job="test", database="default") == [42]
    assert pushgateway.values("pushed", database="other") == []
    pushgateway.wipe()
    assert pushgateway.values("pushed") == []


def test_prometheus_scrapes_a_pushgateway(pushgateway, prometheus):
    registry = CollectorRegistry()
    Gauge("pushed", "A number.", registry=registry).set(43)
    prometheus_client.pushadd_to_gateway(pushgateway.url, "test", registry)
    server = prometheus({"scrape_configs": [scrape(pushgateway.port) | {"honor_labels": True}]})
    (series,) = server.wait_for("pushed")
    assert (series["metric"]["job"], series["value"][1]) == ("test", "43")


def test_an_alert_reaches_a_webhook_and_so_does_its_end(running, prometheus, alertmanager, tmp_path):
    gauge, port = running
    rules = tmp_path / "rules.yaml"
    rules.write_text(NOT_RUNNING)
    with listen() as webhook:
        manager = alertmanager(tell(webhook.url))
        server = prometheus({"scrape_configs": [scrape(port)], "alerting": manager.alerting}, rules)
        fired = webhook.next().json()
        assert [alert["labels"]["alertname"] for alert in fired["alerts"]] == ["NotRunning"]
        assert fired["status"] == "firing"
        assert server.alerts() == {"NotRunning": "firing"}
        assert manager.alerts() == ["NotRunning"]
        gauge.set(1)
        assert webhook.next().json()["status"] == "resolved"
        assert server.alerts() == {}


def test_alertmanager_takes_alerts_from_anybody(alertmanager):
    with listen() as webhook:
        alertmanager(tell(webhook.url)).send(alertname="Tried", severity="warning")
        assert webhook.next().json()["commonLabels"] == {"alertname": "Tried", "severity": "warning"}


def test_promtool_knows_good_metrics_from_bad_ones():
    good = "# HELP a_total Things.\n# TYPE a_total counter\na_total 1\n"
    assert promtool("check", "metrics", stdin=good).returncode == 0
    bad = promtool("check", "metrics", stdin=good.replace("a_total", "a"))
    assert bad.returncode == 3
    assert 'counter metrics should have "_total" suffix' in bad.stderr


def test_promtool_and_amtool_know_good_files_from_bad_ones(tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text(NOT_RUNNING)
    assert "1 rules found" in promtool("check", "rules", rules).stdout
    rules.write_text(NOT_RUNNING.replace("==", "="))
    assert "could not parse expression" in promtool("check", "rules", rules).stderr
    assert amtool("check-config", rules).returncode == 1


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_needs_no_arguments(name):
    version, path, port, page = IMAGES[name]
    containers.prepare()
    container = DockerContainer(image(name, version))
    if path:
        container.with_copy_into_container(json.dumps(CONFIGURED[name]).encode(), path)
    containers.own(container)
    address = f"http://127.0.0.1:{port}"
    with container:
        wait_until(lambda: container.exec(["wget", "-q", "-O", "-", f"{address}/-/ready"]).exit_code == 0, name)
        told = container.exec(["wget", "-q", "-O", "-", f"{address}{page}"]).output.decode()
    assert ("mark-of-ours" if path else "build_information") in told


def test_promtool_is_of_the_version_of_the_server():
    assert f"version {PROMETHEUS}." in promtool("--version").stdout


def test_a_webhook_answers_what_it_is_told_to():
    with listen() as webhook:
        fetch(f"{webhook.url}/ok", "POST", {"n": 1})
        webhook.status = 500
        with pytest.raises(urllib.error.HTTPError, match="500"):
            fetch(f"{webhook.url}/failed")
        first, second = webhook.rest()
        assert (first.method, first.path, first.json()) == ("POST", "/ok", {"n": 1})
        assert (second.method, second.path, second.body) == ("GET", "/failed", b"")
        with pytest.raises(queue.Empty):
            webhook.next(seconds=0.01)


def test_a_killed_pushgateway_comes_back_on_the_same_port():
    with start_pushgateway() as server:
        server.kill()
        with pytest.raises(urllib.error.URLError, match="refused"):
            server.metrics()
        server.restart()
        assert "pushgateway_build_info" in server.metrics()
