"""The quick starts: what can be run of them runs, and of the rest is said why it does not."""

import re
import shlex
import subprocess
import textwrap
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from django.core.management import load_command_class
from django.test import override_settings

from django_rclone import conf
from django_rclone_sidecar.environment.variables import VARIABLES
from tests.chart import helm
from tests.docs.tables import ROOT
from tests.docs.test_examples import saved, shell, site
from tests.support.images.compose import compose

__all__ = ["saved", "site"]  # the fixtures

# Each block of each page, in turn: what is done with it here, or why it cannot be done.
APP = ("not run: it asks a package index", "settings", "runs", "runs", "runs nightly")
COMPOSE = ("not run: it builds the image, as scripts/test.sh does", "composed", "composed", "composed")
KUBERNETES = (
    *("not run: it wants a registry", "not run: it wants a cluster", "rendered"),
    *("not run: it wants a cluster", "rendered"),
)
PAGES = {"docs/start-app.md": APP, "docs/start-compose.md": COMPOSE, "docs/start-kubernetes.md": KUBERNETES}
SIDECARS = sorted(path.parent for path in ROOT.glob("compose/*/site.env"))
LINES_ON_A_SCREEN = 60
TABLE = (
    (ROOT / "docs/restore.md").read_text().partition("## Which backup, and how")[2].partition("\n## ")[0].splitlines()
)


def blocks(page: str) -> list[str]:
    """The blocks of a page, in turn."""
    found = re.findall(r"^( *)```\w*\n(.*?)^\1```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(text) for _, text in found]


def told(page: str, what: str) -> list[str]:
    """The blocks with which this is done."""
    return [block for block, how in zip(blocks(page), PAGES[page], strict=True) if how == what]


@pytest.mark.parametrize("page", PAGES)
def test_of_each_block_is_said_what_becomes_of_it(page: str):
    assert len(blocks(page)) == len(PAGES[page])


@pytest.mark.parametrize("page", PAGES)
def test_a_quick_start_is_no_longer_than_a_screen(page: str):
    assert len((ROOT / page).read_text().splitlines()) <= LINES_ON_A_SCREEN


def test_the_settings_of_the_app_are_without_fault():
    (block,) = told("docs/start-app.md", "settings")
    shown: dict[str, object] = {}
    exec(block, shown)
    assert shown["INSTALLED_APPS"] == ["django_rclone"]
    with override_settings(DJANGO_RCLONE=shown["DJANGO_RCLONE"]):
        assert conf.unknown_keys() == {}
        assert [conf.problem(name) for name in conf.SETTINGS if conf.problem(name)] == []


@pytest.mark.exhaustive  # the README shows almost the same commands
def test_the_commands_of_the_app_run(site: Path):
    first, rehearsal = told("docs/start-app.md", "runs")
    assert "good" in shell(first, site)
    before = shell("python manage.py fingerprint", site)
    assert "restored from" in shell(rehearsal.replace("rehearsal", "rehearsal.sqlite3"), site)
    assert (site / "rehearsal.sqlite3").exists()
    assert shell("python manage.py fingerprint", site) == before
    (nightly,) = told("docs/start-app.md", "runs nightly")
    minute, hour, *_, command = nightly.split(maxsplit=5)
    assert (minute, hour) == ("15", "3")
    shell(command.replace("/srv/site", str(site)), site)


@pytest.mark.parametrize("folder", SIDECARS, ids=lambda path: path.name)
def test_what_is_said_to_compose_fits_its_files(folder: Path, tmp_path: Path):
    override, *scripts = told("docs/start-compose.md", "composed")
    added = yaml.safe_load(override)["services"]["sidecar"]["environment"]
    assert {name for name in added if not name.startswith("RCLONE_")} <= VARIABLES.keys()
    (tmp_path / "override.yaml").write_text(override)
    files = ("-f", str(folder / "compose.yaml"), "-f", str(tmp_path / "override.yaml"))
    done = subprocess.run([*compose(), "--profile=*", *files, "config"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    assert services["sidecar"]["environment"].items() >= added.items()
    for line in "".join(scripts).splitlines():
        assert line == "docker compose up --detach" or line.startswith("docker compose exec sidecar django-rclone ")


@pytest.mark.parametrize("page", ["docs/start-kubernetes.md", "docs/restore.md"])
def test_what_is_set_in_the_chart_is_accepted(page: str):
    """Each upgrade keeps what was set before; where a page does not install, the other's values are set."""
    text = (ROOT / page).read_text()
    found = re.findall(r"helm (install|upgrade) site-backup helm/django-rclone (.*?)\n(?! )", text, re.DOTALL)
    (installed,) = [block for block in told("docs/start-kubernetes.md", "rendered") if "helm install" in block]
    so_far = re.findall(r"--set \S+", installed)
    assert len(found) >= 2
    for _, options in found:
        so_far += re.findall(r"--set \S+", options)
        done = helm.template(*" ".join(so_far).split())
        assert done.returncode == 0, done.stderr


def test_the_chart_takes_what_the_table_of_wishes_says():
    wishes = re.findall(r"`([a-zA-Z]+=\S+)` \|$", (ROOT / "docs/restore.md").read_text(), re.MULTILINE)
    assert len(wishes) >= 8
    (installed,) = [block for block in told("docs/start-kubernetes.md", "rendered") if "helm install" in block]
    options = " ".join(re.findall(r"--set \S+", installed)).split()
    for wish in wishes:
        named = wish.startswith(("latest", "at", "id"))
        chosen = () if named else ("--set", "restore.latest=true")
        done = helm.template(*options, "--set", "restore.enabled=true", *chosen, "--set", f"restore.{wish}")
        assert done.returncode == 0, done.stderr


def test_the_job_that_lists_is_the_one_that_backs_up():
    """Its args are the verb alone, so that the page's `sed` finds it."""
    (installed,) = [block for block in told("docs/start-kubernetes.md", "rendered") if "helm install" in block]
    done = helm.template(*" ".join(re.findall(r"--set \S+", installed)).split())
    (job,) = helm.by_kind(helm.parsed(done.stdout), "CronJob")
    assert f"cronjob/{job['metadata']['name']} " in (ROOT / "docs/restore.md").read_text()
    changed = re.sub(r"- backup$", "- list", yaml.safe_dump(job), flags=re.MULTILINE)
    (container,) = helm.pod_spec(yaml.safe_load(changed))["containers"]
    assert container["args"] == ["list"]
    assert yaml.safe_load(changed.replace("- list", "- backup")) == job


def commands(page: str, program: str) -> list[str]:
    """Returns the arguments that a page passes to a program, in all places."""
    text = re.sub(r" +# .*", "", (ROOT / page).read_text())
    return [found.strip() for found in re.findall(rf"{program} ([a-z][^`\n]*)", text)]


@pytest.mark.parametrize("page", ["docs/start-compose.md", "docs/restore.md", "docs/start-app.md"])
def test_verbs_and_commands_take_the_options_that_are_shown(page: str):
    asked = commands(page, r"(?:exec \S+ django-rclone|-- django-rclone|run --rm [^`\n]*(?:sidecar|django-rclone))")
    for words in map(shlex.split, asked):
        import_module(f"django_rclone_sidecar.commands.{words[0].replace('-', '_')}").create_parser().parse_args(
            words[1:]
        )
    managed = [
        line.partition("&&")[0] for line in commands(page, r"manage\.py") if not line.startswith(("check", "migrate"))
    ]
    for name, *words in map(shlex.split, managed):
        load_command_class("django_rclone", name).create_parser("manage.py", name).parse_args(words)
    assert asked or managed
