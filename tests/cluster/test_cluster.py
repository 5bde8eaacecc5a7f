"""The chart's promises, in a cluster."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.servers import PASSWORD, rclone_env, secret
from tests.cluster.site import NAME, Site

# With a cluster to start, and images to bring to it, before the first test.
pytestmark = pytest.mark.timeout(1500)

KINDS = (
    "pods,jobs,cronjobs,deployments,replicasets,services,configmaps,secrets,serviceaccounts,persistentvolumeclaims,"
    "networkpolicies,roles,rolebindings"
)
"""All kinds that a chart like this could leave behind."""


def test_the_worst_day_of_the_year(site: Site) -> None:
    bare = site.kubectl.names(KINDS)
    before = site.fill()
    site.install(schedule="* * * * *")

    assert "default" in site.doctor()
    site.kubectl.wait(f"cronjob/{NAME}", "jsonpath={.status.lastSuccessfulTime}")
    site.upgrade("suspend=true")
    for job in site.kubectl.names("jobs"):
        site.kubectl.wait(job, "condition=Complete")

    backups = site.backups()
    assert {backup["database"] for backup in backups} == {"default"}
    assert {backup["project"] for backup in backups} == {site.name}

    site.destroy()
    site.upgrade("restore.enabled=true", "restore.latest=true")
    (restore,) = [job for job in site.kubectl.names("jobs") if "restore" in job]
    site.kubectl.wait(restore, "condition=Complete")
    assert site.fingerprint() == before

    stored = site.stored()
    site.uninstall()
    site.kubectl.until(lambda: site.kubectl.names(KINDS) == bare, f"Only {sorted(bare)}")
    assert site.stored() == stored
    assert any("/manifests/" in path for path in stored)


def test_a_pod_that_keeps_the_schedule_outlives_sigkill_and_deletion(site: Site) -> None:
    site.fill()
    site.install(mode="deployment")
    ready(site)
    metric = metrics(site)

    def one_backup() -> bool:
        return metric("django_rclone_backups_stored") == 1

    # There was none since the schedule's last slot, which was long ago: that is caught up.
    site.kubectl.until(one_backup, "The first backup, in the metrics")
    succeeded = metric("django_rclone_backup_last_success_timestamp_seconds")
    assert succeeded

    pod = only_pod(site)
    # Every process of the container but its init, which ends with the one that it was there for.
    site.kubectl.run("exec", pod, "--", "sh", "-c", "kill -KILL -1")
    site.kubectl.wait(f"pod/{pod}", "jsonpath={.status.containerStatuses[0].restartCount}=1")
    site.kubectl.wait(f"pod/{pod}", "condition=Ready")
    ended = site.kubectl.get(f"pod/{pod}")["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert ended["exitCode"] == 137
    site.kubectl.until(one_backup, "The metrics, after SIGKILL")
    assert metric("django_rclone_backup_last_success_timestamp_seconds") == succeeded

    # What it remembered is gone with it: the next one reads the remote.
    site.kubectl("delete", "pod", pod)
    ready(site)
    assert only_pod(site) != pod
    site.kubectl.until(one_backup, "The metrics of another pod")
    assert metric("django_rclone_backup_last_success_timestamp_seconds") == succeeded


def test_a_slot_that_was_missed_is_caught_up(site: Site) -> None:
    site.fill()
    site.install(mode="deployment")
    ready(site)
    metric = metrics(site)
    site.kubectl.until(lambda: metric("django_rclone_backups_stored") == 1, "The first backup, in the metrics")
    pod = only_pod(site)
    site.kubectl("scale", f"deployment/{NAME}", "--replicas=0")
    site.kubectl.wait(f"pod/{pod}", "delete")

    # The slot is the minute that begins while nobody is there; the next one is an hour later.
    slot = time.time() // 60 * 60 + 60
    site.kubectl.until(lambda: time.time() >= slot, "The slot")
    site.upgrade(f"schedule={datetime.fromtimestamp(slot, UTC).minute} * * * *")
    ready(site)

    site.kubectl.until(lambda: metric("django_rclone_backups_stored") == 2, "The backup that was missed")
    succeeded = metric("django_rclone_backup_last_success_timestamp_seconds")
    assert succeeded
    assert succeeded > slot
    assert len([path for path in site.stored() if "/manifests/" in path]) == 2


def test_a_mistake_is_not_made_twice(site: Site) -> None:
    site.kubectl.apply(secret("site", DATABASE_URL=f"nonsense://postgres:{PASSWORD}@127.0.0.1/site"))
    site.install()
    site.start_now()
    site.kubectl.wait("job/now", "condition=Failed")

    (failed,) = [one for one in site.kubectl.get("job/now")["status"]["conditions"] if one["type"] == "Failed"]
    assert failed["reason"] == "PodFailurePolicy"
    (pod,) = site.kubectl.all("pods", "job-name=now")
    assert exit_code(pod) == 2
    said = site.kubectl("logs", pod["metadata"]["name"])
    assert "DATABASE_URL" in said
    assert "Traceback" not in said
    assert PASSWORD not in said


def test_storage_that_cannot_be_reached_is_tried_again_until_it_can(site: Site) -> None:
    site.fill()
    service = f"later-{site.name}"
    site.servers.serve_nobody(service)
    site.install(rclone={"env": rclone_env(site.servers.address(service)), "extraFlags": ["--contimeout=5s"]})
    site.start_now()
    site.kubectl.wait("job/now", "jsonpath={.status.failed}=2")
    pods = site.kubectl.all("pods", "job-name=now")
    assert {exit_code(pod) for pod in pods if pod["status"]["phase"] == "Failed"} == {75}
    assert not site.stored()

    site.servers.serve_s3(service)
    site.kubectl.wait("job/now", "condition=Complete")
    assert len(site.backups()) == 1


def test_a_secret_that_is_not_there_shows_in_the_pod(site: Site) -> None:
    site.install(databaseUrl={"existingSecret": "forgotten"})
    site.start_now()
    waiting = "jsonpath={.status.containerStatuses[0].state.waiting.reason}=CreateContainerConfigError"
    pod = site.kubectl.until(lambda: site.kubectl.all("pods", "job-name=now"), "A pod")[0]["metadata"]["name"]
    site.kubectl.wait(f"pod/{pod}", waiting)
    status = site.kubectl.get(f"pod/{pod}")["status"]["containerStatuses"][0]
    assert '"forgotten" not found' in status["state"]["waiting"]["message"]


def test_the_namespace_lets_nothing_in_that_is_not_restricted(site: Site) -> None:
    spec = {"containers": [{"name": "careless", "image": "careless"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "careless"}, "spec": spec}
    refused = site.kubectl.run("apply", "--filename=-", stdin=json.dumps(pod))
    assert refused.returncode == 1
    assert 'violates PodSecurity "restricted' in refused.stderr


def ready(site: Site) -> None:
    """Returns once the Deployment is as it should be."""
    site.kubectl("rollout", "status", f"deployment/{NAME}", "--timeout=240s")


def only_pod(site: Site) -> str:
    """The name of the Deployment's one pod."""
    (pod,) = site.kubectl.all("pods", "app.kubernetes.io/component=serve")
    return str(pod["metadata"]["name"])


def metrics(site: Site) -> Callable[[str], float | None]:
    """Reads a metric of the database `default` through the chart's Service; None where there is none yet."""
    path = f"/api/v1/namespaces/{site.name}/services/{NAME}:http/proxy/metrics"

    def metric(name: str) -> float | None:
        for family in text_string_to_metric_families(site.kubectl("get", "--raw", path)):
            for sample in family.samples:
                if sample.name == name and sample.labels.get("database") == "default":
                    return float(sample.value)
        return None

    return metric


def exit_code(pod: dict[str, object]) -> int:
    """Returns the exit code of a pod's container."""
    status: list[dict[str, dict[str, dict[str, int]]]] = pod["status"]["containerStatuses"]  # type: ignore[index]
    return status[0]["state"]["terminated"]["exitCode"]
