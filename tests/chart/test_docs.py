"""docs/kubernetes.md: what it shows can be installed."""

import json
import re
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from django_rclone_sidecar.commands import media_backup
from django_rclone_sidecar.environment.variables import VARIABLES
from tests.chart import helm
from tests.chart.policy import of_container, offences
from tests.chart.values import CHART, VALUES

PAGES = (CHART.parents[1] / "docs" / "kubernetes.md", CHART / "README.md")
TEXT = PAGES[0].read_text()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> helm.Object:
    """The example of a sidecar, in a chart of somebody's own."""
    chart = tmp_path_factory.mktemp("own") / "site"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: site, version: 1.0.0}\n")
    *_, template, values = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    (chart / "templates/deployment.yaml").write_text(template)
    (chart / "values.yaml").write_text(values)
    done = helm.template(chart=chart)
    assert done.returncode == 0, done.stderr
    (found,) = helm.parsed(done.stdout)
    return found


@pytest.mark.parametrize("version", [helm.OLDEST, helm.NEWEST])
def test_kubernetes_accepts_the_sidecar(deployment: helm.Object, version: str):
    kubernetes_validate.validate(deployment, version, strict=True)


def test_the_sidecar_is_one_and_offends_nobody(deployment: helm.Object):
    sidecar, web = helm.containers(deployment)
    assert sidecar["restartPolicy"] == "Always"
    assert list(of_container(sidecar)) == []
    # The site's own container is the site's business.
    assert not [offence for offence in offences(deployment) if f", {web['name']}: " not in offence]


def test_the_sidecar_says_what_the_image_knows_and_takes_nothing_out_of_service(deployment: helm.Object):
    sidecar, _ = helm.containers(deployment)
    said = {entry["name"]: entry["value"] for entry in sidecar["env"]}
    assert said.keys() <= VARIABLES.keys()
    assert "readinessProbe" not in sidecar
    pod = helm.pod_spec(deployment) or {}
    assert int(said["BACKUP_STOP_GRACE"]) < pod["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_installs_is_accepted(page: Path):
    commands = re.findall(
        r"helm (?:install|upgrade) site-backup helm/django-rclone (.*?)\n(?! )", page.read_text(), re.DOTALL
    )
    assert len(commands) == 2
    told: list[str] = []
    for command in commands:
        told += re.findall(r"--set \S+", command)
        done = helm.template(*" ".join(told).split())
        assert done.returncode == 0, done.stderr


def media_cron_job() -> helm.Object:
    """The CronJob of the page's first backup, with its values for media files."""
    install = re.findall(r"helm install site-backup helm/django-rclone (.*?)\n(?! )", TEXT, re.DOTALL)[0]
    values = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[0]
    options = " ".join(re.findall(r"--set \S+", install)).split()
    done = helm.template(
        *options,
        *(
            part
            for name, value in yaml.safe_load(values).items()
            for part in ("--set-json", f"{name}={json.dumps(value)}")
        ),
    )
    assert done.returncode == 0, done.stderr
    (found,) = helm.by_kind(helm.parsed(done.stdout), "CronJob")
    return found


def test_the_job_that_prunes_has_the_key_that_is_shown(tmp_path: Path):
    (values,) = (block for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL) if "prune:" in block)
    (tmp_path / "values.yaml").write_text(values)
    least = ("--set", "remote=s3:bucket/site", "--set", "databaseUrl.existingSecret=site")
    done = helm.template(*least, "--values", tmp_path / "values.yaml")
    assert done.returncode == 0, done.stderr
    keys = {}
    for job in helm.by_kind(helm.parsed(done.stdout), "CronJob"):
        (container,) = helm.pod_spec(job)["containers"]
        (key,) = (one for one in container["env"] if one["name"] == "RCLONE_CONFIG_S3_SECRET_ACCESS_KEY")
        keys[container["args"][0]] = key["valueFrom"]["secretKeyRef"]["name"]
    assert keys == {"backup": "backup-key", "prune": "prune-key"}


def test_links_among_media_files_are_followed_with_the_values_that_are_shown():
    (container,) = helm.pod_spec(media_cron_job())["containers"]
    assert {"name": "BACKUP_MEDIA_FOLLOW_LINKS", "value": "on"} in container["env"]


def test_the_job_that_may_delete_takes_its_options():
    ((patched, arguments),) = re.findall(r'"path": "/spec/template(/\S+)/args", "value": (\[.*?\])}', TEXT)
    found = helm.pod_spec(media_cron_job())
    assert patched == "/spec/containers/0"
    assert found["containers"][0]["args"] == ["backup"]
    verb, *options = json.loads(arguments)
    assert verb == "media-backup"
    assert media_backup.create_parser().parse_args(options).allow_deletes


def test_every_value_that_the_page_names_exists():
    values = yaml.safe_load(VALUES.read_text())
    named = set(re.findall(r"`(?:--set )?([a-z]\w+(?:\.\w+)+)[=`]", TEXT))
    assert len(named) > 15
    for name in named:
        found = values
        for part in name.split("."):
            assert part in found, name
            found = found[part]


@pytest.mark.parametrize(
    "page", [*PAGES[0].parent.glob("*.md"), PAGES[1], CHART / "templates/NOTES.txt"], ids=lambda page: page.name
)
def test_nobody_is_told_to_look_for_the_logs_of_a_pod_that_is_gone(page: Path):
    """Helm prints what the doctor says, and then removes its pod: with --logs it looks for it in vain."""
    assert not re.search(r"helm .*test .*--logs", page.read_text())
