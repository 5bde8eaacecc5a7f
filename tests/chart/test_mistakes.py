"""A wrong value is refused before anything is installed, in words that say what to change."""

import pytest

from tests.chart import helm

LEAST = ("--set", "remote=s3:bucket/site", "--set", "databaseUrl.existingSecret=site")
WEB = "target.from={},target.image=web:1,target.settingsModule=config.settings"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("mdoe=cronjob", "additional properties 'mdoe' not allowed"),
        ("image.tga=1.0.0", "at '/image': additional properties 'tga' not allowed"),
        ("databases[0].alais=default", "at '/databases/0': additional properties 'alais' not allowed"),
        ("databases={my site}", "at '/databases/0': 'my site' does not match pattern"),
        ("mode=daemonset", "at '/mode': value must be one of 'cronjob', 'deployment'"),
        ("schedule=5", "at '/schedule': got number, want string"),
        ("schedule=every night", "at '/schedule': 'every night' does not match pattern"),
        ("schedule=@yearly", "at '/schedule': '@yearly' does not match pattern"),
        ("schedule=3 * * *", "at '/schedule': '3 * * *' does not match pattern"),
        (
            "databases[0].alias=default,databases[0].schedule=never",
            "at '/databases/0/schedule': 'never' does not match",
        ),
        ("replicas=2", "at '/replicas': value must be 1"),
        ("suspend=yes", "at '/suspend': got string, want boolean"),
        ("backoffLimit=-1", "at '/backoffLimit': minimum: got -1, want 0"),
        ("retention.keepLast=a week", "at '/retention/keepLast': got string, want integer"),
        ("retention.keepDaily=-1", "at '/retention/keepDaily': minimum: got -1, want 0"),
        ("retention.keepWithin=a month", "at '/retention/keepWithin': 'a month' does not match pattern"),
        ("verify.level=drills", "at '/verify/level': value must be one of"),
        ("prune.schedule=never", "at '/prune/schedule': 'never' does not match pattern"),
        ("retention.daily=7", "at '/retention': additional properties 'daily' not allowed"),
        ("concurrencyPolicy=forbid", "at '/concurrencyPolicy': value must be one of 'Forbid', 'Replace', 'Allow'"),
        ("target.from=image", "at '/target/from': value must be one of"),
        ("timeout=2 hours", "at '/timeout': '2 hours' does not match pattern"),
        ("rclone.extraFlags[0]=transfers=8", "at '/rclone/extraFlags/0': 'transfers=8' does not match pattern"),
        (
            "metrics.pushgateway.url=http://a:secret@push",
            "at '/metrics/pushgateway/url': 'http://a:secret@push' does not",
        ),
        ("image.digest=abc", "at '/image/digest': 'abc' does not match pattern"),
        ("serve.port=80", "at '/serve/port': minimum: got 80, want 1,024"),
        ("notifications.on=success", "at '/notifications/on': value must be one of 'failure', 'all'"),
    ],
)
def test_the_schema_says_what_is_wrong(value: str, said: str):
    assert said in refused(*LEAST, "--set", value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("remote=", "remote is not set. Set where backups go"),
        ("databaseUrl.existingSecret=", "No database is configured. Set databaseUrl.existingSecret"),
        ("image.tag=latest", "image.tag=latest may be a different image"),
        ("target.from=copy", "target.from=copy needs target.image"),
        ("target.from=copy,target.image=web:1", "target.from=copy needs target.settingsModule"),
        ("target.from=configMap", "target.from=configMap needs target.configMap"),
        ("target.from=existingClaim", "target.from=existingClaim needs target.existingClaim"),
        ("restore.enabled=true", "restore.enabled needs exactly one of restore.latest"),
        ("restore.enabled=true,restore.latest=true,restore.id=abc", "restore.enabled needs exactly one of"),
        ("metrics.serviceMonitor.enabled=true", "need watch.enabled or mode=deployment"),
        ("metrics.podMonitor.enabled=true", "need watch.enabled or mode=deployment"),
        ("metrics.prometheusRule.enabled=true", "metrics.prometheusRule needs metrics"),
        ("watch.enabled=true", "watch.enabled needs serve.maxAge"),
        ("databases={verify},verify.enabled=true", "databases: verify is also the name of the job"),
        (
            "prune.rclone.env[0].name=RCLONE_CONFIG_S3_SECRET_ACCESS_KEY,prune.rclone.env[0].value=hunter2",
            "Use valueFrom.secretKeyRef",
        ),
        ("mode=deployment,watch.enabled=true", "watch.enabled is for mode=cronjob"),
        ("mode=deployment,databases[0].alias=a,databases[0].schedule=@daily", "a sets schedule or suspend"),
        (
            "databases[0].alias=Main,databases[0].databaseUrl.existingSecret=x",
            "databases: Main cannot have a databaseUrl",
        ),
        (
            "databases[0].alias=file,databases[0].databaseUrl.existingSecret=x",
            "databases: file cannot have a databaseUrl",
        ),
        ("target.env[0].name=SITE_DB,target.env[0].value=postgres://site:hunter2@database/site", "SITE_DB is a secret"),
        ("extraEnv[0].name=DB_PASSWORD,extraEnv[0].value=hunter2", "DB_PASSWORD is a secret"),
        (
            "rclone.env[0].name=RCLONE_CONFIG_S3_SECRET_ACCESS_KEY,rclone.env[0].value=hunter2",
            "Use valueFrom.secretKeyRef",
        ),
    ],
)
def test_values_that_do_not_go_together_are_refused(value: str, said: str):
    told = refused(*LEAST, "--set", value)
    assert said in told
    assert "hunter2" not in told


def test_an_image_volume_is_refused_where_kubernetes_has_none():
    value = WEB.format("imageVolume")
    told = refused(*LEAST, "--set", value, kubernetes="1.32")
    assert "target.from=imageVolume needs Kubernetes 1.33, but this is v1.32" in told


def test_an_older_kubernetes_is_refused():
    assert "chart requires kubeVersion: >=1.29.0-0" in refused(*LEAST, kubernetes="1.28")


@pytest.mark.parametrize("value", ["global.team=site", "enabled=true", "activeDeadlineSeconds=null"])
def test_what_helm_itself_hands_over_is_taken(value: str):
    assert helm.template(*LEAST, "--set", value).returncode == 0


def refused(*options: str, kubernetes: str = helm.NEWEST) -> str:
    done = helm.template(*options, kubernetes=kubernetes)
    assert done.returncode != 0
    return done.stderr
