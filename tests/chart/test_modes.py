"""Objects that the values make: jobs, the pod that keeps the schedule, restores."""

import hashlib
from typing import Any

import pytest
import yaml

from django_rclone import exceptions
from django_rclone_sidecar.environment import overrides
from tests.chart import helm
from tests.chart.values import CHART

CI = CHART / "ci"


def named(values: str, kind: str) -> dict[str, helm.Object]:
    """The objects of a kind, by name without the release's."""
    prefix = f"{helm.RELEASE}-django-rclone"
    found = helm.by_kind(helm.objects(CI / f"{values}-values.yaml"), kind)
    return {one["metadata"]["name"].removeprefix(prefix).removeprefix("-"): one for one in found}


def sidecar(one: helm.Object) -> dict[str, Any]:
    (container,) = (found for found in helm.containers(one) if found["name"] == "sidecar")
    return container


def env(one: helm.Object) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in sidecar(one)["env"]}


def test_without_databases_one_job_backs_all_of_them_up():
    (job,) = named("cronjob", "CronJob").values()
    assert sidecar(job)["args"] == ["backup"]
    assert "BACKUP_DATABASES" not in env(job)


def test_each_database_has_a_job_of_its_own_and_so_have_the_media_files():
    jobs = named("databases", "CronJob")
    assert [sidecar(job)["args"] for job in jobs.values()] == [
        ["backup", "--database", "default"],
        ["backup", "--database", "reports_of_a_long_name"],
        ["backup", "--database", "Archive"],
        ["media-backup"],
    ]
    schedules = [job["spec"]["schedule"] for job in jobs.values()]
    assert schedules == ["15 3 * * *", "@hourly", "15 3 * * *", "45 3 * * *"]
    assert [job["spec"]["suspend"] for job in jobs.values()] == [False, False, True, False]


def test_two_jobs_never_wait_for_one_lock():
    folders = [env(job)["BACKUP_STATE_DIR"] for job in named("databases", "CronJob").values()]
    assert len(set(folders)) == len(folders)


def test_each_rule_of_retention_is_a_variable_and_those_that_are_not_set_are_none():
    def kept(job: helm.Object) -> dict[str, str]:
        return {name: value for name, value in env(job).items() if name.startswith("BACKUP_KEEP_")}

    rules = {"LAST": "14", "DAILY": "30", "MONTHLY": "12", "YEARLY": "3", "WITHIN": "30d"}
    for job in named("databases", "CronJob").values():
        assert kept(job) == {f"BACKUP_KEEP_{rule}": value for rule, value in rules.items()}
    (job,) = named("cronjob", "CronJob").values()
    assert kept(job) == {}
    every = [f"retention.keep{rule}=2" for rule in ("Last", "Hourly", "Daily", "Weekly", "Monthly", "Yearly")]
    done = helm.template("--values", CI / "cronjob-values.yaml", "--set", ",".join([*every, "retention.keepWithin=2h"]))
    (job,) = helm.by_kind(helm.parsed(done.stdout), "CronJob")
    assert kept(job).keys() == overrides.RETENTION.keys()


def test_names_fit_into_what_kubernetes_allows():
    long = "a-name-of-a-release-that-is-as-long-as-it-may-be-53-x"
    done = helm.helm(
        *("template", long[:53], CHART, "--kube-version", helm.NEWEST),
        *("--values", CI / "databases-values.yaml", "--set", "restore.enabled=true,restore.latest=true"),
    )
    found = helm.parsed(done.stdout)
    names = {one["kind"]: len(one["metadata"]["name"]) for one in found}
    assert max(len(one["metadata"]["name"]) for one in helm.by_kind(found, "CronJob")) <= 52
    assert max(names.values()) <= 63


def test_a_failure_that_no_other_try_can_help_ends_the_job():
    """The exit codes are those of the one table; what may help is 1 and 75, and what a signal did."""
    (job,) = named("cronjob", "CronJob").values()
    ignore, fail = job["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    conditions = [{"type": "DisruptionTarget", "status": "True"}]
    assert ignore == {"action": "Ignore", "onPodConditions": conditions}
    assert (fail["action"], fail["onExitCodes"]["operator"]) == ("FailJob", "In")
    assert fail["onExitCodes"]["containerName"] == sidecar(job)["name"]
    codes = {kind.exit_code for kind in exceptions.DjangoRcloneError.__subclasses__()}
    assert set(fail["onExitCodes"]["values"]) == {code for code in codes if 1 < code < 75}
    assert helm.pod_spec(job)["restartPolicy"] == "Never"


def test_the_schedule_is_kept_by_one_pod_at_a_time():
    (deployment,) = named("deployment", "Deployment").values()
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    container = sidecar(deployment)
    assert container["args"] == ["serve"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["ports"] == [{"name": "http", "containerPort": 8000}]
    said = env(deployment)
    assert (said["BACKUP_SCHEDULE"], said["PORT"]) == ("15 3 * * *", "8000")
    assert int(said["BACKUP_STOP_GRACE"]) < helm.pod_spec(deployment)["terminationGracePeriodSeconds"]
    assert named("deployment", "CronJob") == {}


def test_a_suspended_schedule_is_off():
    done = helm.template("--values", CI / "deployment-values.yaml", "--set", "suspend=true")
    (deployment,) = helm.by_kind(helm.parsed(done.stdout), "Deployment")
    assert env(deployment)["BACKUP_SCHEDULE"] == "off"


def test_a_pod_that_watches_makes_no_backups_and_keeps_no_claim_busy():
    (deployment,) = named("watch", "Deployment").values()
    said = env(deployment)
    assert (said["BACKUP_SCHEDULE"], said["BACKUP_MAX_AGE"]) == ("off", "26h")
    (state,) = (volume for volume in helm.pod_spec(deployment)["volumes"] if volume["name"] == "state")
    assert "emptyDir" in state
    assert len(named("watch", "CronJob")) == 1
    (policy,) = named("watch", "NetworkPolicy").values()
    assert policy["spec"]["ingress"][0]["ports"] == [{"port": "http", "protocol": "TCP"}]


def test_metrics_reach_the_monitors():
    (service,) = named("deployment", "Service").values()
    (deployment,) = named("deployment", "Deployment").values()
    pods = deployment["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= pods.items()
    (monitor,) = named("deployment", "ServiceMonitor").values()
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (pod_monitor,) = named("deployment", "PodMonitor").values()
    assert pod_monitor["spec"]["selector"]["matchLabels"].items() <= pods.items()


def test_a_restore_is_a_job_that_is_never_tried_again():
    ((name, job),) = named("restore", "Job").items()
    assert name.startswith("restore-")
    assert job["spec"]["backoffLimit"] == 0
    assert helm.pod_spec(job)["restartPolicy"] == "Never"
    options = ["--latest", "--database", "default", "--backup-first", "--media", "--in-place"]
    assert sidecar(job)["args"] == ["restore", *options]
    # What has been removed because it is old would be made anew by the next upgrade: another restore.
    assert "ttlSecondsAfterFinished" not in job["spec"]


def test_only_a_restore_of_media_may_write_to_them():
    (job,) = named("restore", "Job").values()
    (cron,) = named("restore", "CronJob").values()
    written = {
        one["kind"]: mount["readOnly"] for one in (job, cron) for mount in mounts(one) if mount["name"] == "media"
    }
    assert written == {"Job": False, "CronJob": True}


def mounts(one: helm.Object) -> list[dict[str, Any]]:
    return sidecar(one)["volumeMounts"]


def test_a_restore_at_a_moment_goes_where_it_is_told():
    (job,) = named("restore-deployment", "Job").values()
    options = ["--at", "2026-11-24 12:00", "--into", "site_before", "--dry-run", "--terminate-sessions"]
    assert sidecar(job)["args"] == ["restore", *options]


@pytest.mark.parametrize("value", ["restore.latest=true", "restore.id=k3f9q2"])
def test_the_same_wish_has_the_same_name_whatever_else_changes(value: str):
    def name(more: str) -> str:
        done = helm.template("--values", CI / "cronjob-values.yaml", "--set", f"restore.enabled=true,{value}{more}")
        (job,) = helm.by_kind(helm.parsed(done.stdout), "Job")
        return job["metadata"]["name"]

    assert name("") == name(",image.tag=1.0.1,schedule=@hourly,restore.activeDeadlineSeconds=60")
    assert name("") != name(",restore.name=again")


def test_the_same_wish_has_the_same_name_in_every_version_of_the_chart():
    """An upgrade of the chart while a restore is still switched on must find its Job, and make no other."""
    options = ("--values", CI / "cronjob-values.yaml", "--set", "restore.enabled=true,restore.latest=true")
    (job,) = helm.by_kind(helm.parsed(helm.template(*options).stdout), "Job")
    wish = hashlib.sha256(b'{"latest":true}').hexdigest()[:8]
    assert job["metadata"]["name"] == f"{helm.RELEASE}-django-rclone-restore-{wish}"


def test_the_test_asks_the_doctor():
    (pod,) = named("cronjob", "Pod").values()
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert sidecar(pod)["args"] == ["doctor"]
    # What Helm does not remove with the release goes by itself, unless there is something to look at.
    assert "hook-succeeded" in pod["metadata"]["annotations"]["helm.sh/hook-delete-policy"]


def test_media_files_are_backed_up_where_there_is_a_claim_with_them():
    (with_claim,) = named("deployment", "Deployment").values()
    (without,) = named("cronjob", "CronJob").values()
    assert (env(with_claim)["BACKUP_MEDIA"], env(with_claim)["BACKUP_MEDIA_ROOT"]) == ("on", "/media")
    # What the web image happens to have in its folder is no site's media files.
    assert env(without)["BACKUP_MEDIA"] == "off"


def test_what_users_say_themselves_wins():
    everything = helm.objects(CI / "everything-values.yaml")
    (job,) = helm.by_kind(everything, "CronJob")
    assert (env(job)["BACKUP_MEDIA"], env(job)["BACKUP_MEDIA_ROOT"]) == ("on", "/more")


def test_flags_of_rclone_become_its_variables():
    (job, *_) = named("databases", "CronJob").values()
    assert env(job)["RCLONE_TRANSFERS"] == "8"
    assert env(job)["RCLONE_FAST_LIST"] == "true"


def test_what_the_web_image_says_stays_in_memory_and_its_secrets_with_it():
    (job,) = named("target-json", "CronJob").values()
    (asked,) = helm.pod_spec(job)["initContainers"]
    assert asked["args"] == ["python", "manage.py", "backuptarget"]
    assert asked["envFrom"] == [{"secretRef": {"name": "site"}}]
    assert "envFrom" not in sidecar(job)
    volume = next(one for one in helm.pod_spec(job)["volumes"] if one["name"] == "target")
    assert volume["emptyDir"]["medium"] == "Memory"
    assert env(job)["TARGET_JSON_FILE"].startswith(asked["volumeMounts"][0]["mountPath"] + "/")


@pytest.mark.parametrize("source", ["copy", "image-volume", "config-map", "claim"])
def test_the_source_is_where_the_settings_are_looked_for(source: str):
    (job,) = named(f"target-{source}", "CronJob").values()
    (mount,) = (one for one in mounts(job) if one["name"] == "target")
    assert (mount["mountPath"], mount["readOnly"]) == ("/target", True)
    assert env(job)["TARGET_SETTINGS_MODULE"].startswith("config.settings")
    assert env(job).get("TARGET_PATH", "/target") == {"image-volume": "/target/srv/site"}.get(source, "/target")


def test_an_id_of_digits_alone_is_an_id():
    options = ("--values", CI / "cronjob-values.yaml", "--set", "restore.enabled=true,restore.id=483920")
    (job,) = helm.by_kind(helm.parsed(helm.template(*options).stdout), "Job")
    assert sidecar(job)["args"] == ["restore", "--id", "483920"]


def credentials(one: helm.Object) -> tuple[set[str], set[str]]:
    """The Secrets that rclone's variables come from in a pod, and those that are mounted."""
    used = {
        entry["valueFrom"]["secretKeyRef"]["name"]
        for entry in sidecar(one)["env"]
        if entry["name"].startswith("RCLONE_") and "valueFrom" in entry
    }
    return used, {volume["secret"]["secretName"] for volume in helm.pod_spec(one)["volumes"] if "secret" in volume}


def test_jobs_that_verify_and_prune_have_credentials_of_their_own():
    jobs = named("append-only", "CronJob")
    assert {name: sidecar(job)["args"] for name, job in jobs.items()} == {
        "": ["backup"],
        "verify": ["verify", "--level", "read", "--all"],
        "prune": ["prune"],
    }
    assert {name: credentials(job) for name, job in jobs.items()} == {
        "": ({"backup-key"}, set()),
        "verify": (set(), {"verify-rclone"}),
        "prune": ({"prune-key"}, set()),
    }
    # The rest of the configuration is common, unless it is in the job's own file.
    types = {name: env(job).get("RCLONE_CONFIG_S3_TYPE") for name, job in jobs.items()}
    assert types == {"": "s3", "verify": None, "prune": "s3"}
    assert {env(job)["RCLONE_S3_NO_CHECK_BUCKET"] for job in jobs.values()} == {"true"}


def test_backups_prune_only_where_no_job_does():
    for job in named("append-only", "CronJob").values():
        assert env(job)["BACKUP_PRUNE"] == "off"
        assert env(job)["BACKUP_KEEP_DAILY"] == "14"
    (job,) = named("cronjob", "CronJob").values()
    assert "BACKUP_PRUNE" not in env(job)


def test_jobs_that_verify_and_prune_keep_no_claim_busy():
    for name, job in named("append-only", "CronJob").items():
        claims = [volume["name"] for volume in helm.pod_spec(job)["volumes"] if "persistentVolumeClaim" in volume]
        assert claims == ([] if name else ["state", "media"])


def test_a_copy_of_a_database_that_is_verified_has_its_place():
    job = named("append-only", "CronJob")["verify"]
    assert {"name": "scratch", "mountPath": "/tmp"} in mounts(job)
    assert {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}} in helm.pod_spec(job)["volumes"]


def test_the_pod_that_keeps_the_schedule_leaves_both_to_their_jobs():
    jobs = ("verify.enabled=true", "prune.enabled=true")
    done = helm.template("--values", CI / "deployment-values.yaml", "--set", ",".join(jobs))
    found = helm.parsed(done.stdout)
    assert [sidecar(job)["args"][0] for job in helm.by_kind(found, "CronJob")] == ["prune", "verify"]
    (deployment,) = helm.by_kind(found, "Deployment")
    assert env(deployment)["BACKUP_PRUNE"] == "off"


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PodMonitor"])
def test_the_alerts_know_the_job_whatever_its_name(kind: str):
    """The rule says what the job's name contains: without it nobody hears that the pod is gone."""
    options = ("--values", CI / "deployment-values.yaml", "--set", "nameOverride=x,fullnameOverride=y")
    (monitor,) = helm.by_kind(helm.parsed(helm.template(*options).stdout), kind)
    (endpoint,) = monitor["spec"].get("endpoints") or monitor["spec"]["podMetricsEndpoints"]
    assert endpoint["relabelings"] == [{"targetLabel": "job", "replacement": "django-rclone"}]
    assert 'up{job=~".*django-rclone.*"}' in (CHART / "rules/alerts.yaml").read_text()


def test_the_alerts_are_those_that_compose_has():
    """But for where the runbooks are."""
    (rule,) = named("deployment", "PrometheusRule").values()
    rules = (CHART / "rules/alerts.yaml").read_text().replace("runbook:", "runbook_url:")
    assert rule["spec"]["groups"] == yaml.safe_load(rules)["groups"]


def test_runbooks_are_where_they_are_said_to_be():
    (rule,) = named("databases", "PrometheusRule").values()
    urls = [alert["annotations"]["runbook_url"] for alert in rule["spec"]["groups"][0]["rules"]]
    pages = CHART.parents[1] / "docs" / "runbooks"
    assert urls
    assert all(url.startswith("https://runbooks.example.com/") for url in urls)
    assert all((pages / url.rpartition("/")[2]).exists() for url in urls)
