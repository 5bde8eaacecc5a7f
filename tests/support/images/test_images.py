"""The order in which an image is looked for, with a `docker` that answers as it is told."""

import os
import shutil
import time

import pytest

from tests.support.images import catalogue, clients, pull, resolve, standin

REFUSED = "Error response from daemon: dial tcp: lookup registry: no such host"
UNKNOWN = "Error response from daemon: manifest for postgres:17 not found: manifest unknown: manifest unknown"


@pytest.fixture
def docker(tmp_path, monkeypatch):
    """Sets what the next `docker` calls do, by a shell script, and tells what they were."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    log = tmp_path / "calls"
    log.touch()
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("DJANGO_RCLONE_CACHE", str(tmp_path / "cache"))

    def answer(script: str):
        program.write_text(f'#!/bin/sh\necho "$@" >>{log}\n{script}\n')
        program.chmod(0o755)
        log.write_text("")
        return lambda: log.read_text().splitlines()

    return answer


def test_an_environment_variable_comes_before_everything(docker, monkeypatch):
    calls = docker("exit 1")
    monkeypatch.setenv("TEST_IMAGE_POSTGRES_17", "mine:1")
    assert resolve._find("postgres", "17")[0] == "mine:1"
    assert calls() == []


def test_an_image_that_is_here_is_not_pulled(docker):
    calls = docker("[ $1 = image ] || echo 0123")
    assert resolve._find("postgres", "17") == ("postgres:17", "here already")
    assert not any(call.startswith("pull") for call in calls())


def test_the_official_image_is_pulled_when_a_registry_answers(docker):
    docker("[ $1 = images ] || echo 17: Pulling")
    assert resolve._find("postgres", "17") == ("postgres:17", "official, pulled")


def test_a_registry_that_does_not_answer_is_asked_once(docker):
    calls = docker(f"echo '{REFUSED}' >&2; exit 1")
    assert pull.pull("postgres:17") == "no such host"
    assert pull.pull("postgres:18") == "no such host, remembered"
    assert calls() == ["pull postgres:17"]


def test_another_registry_is_asked_all_the_same(docker):
    calls = docker(f"echo '{REFUSED}' >&2; exit 1")
    pull.pull("postgres:17")
    pull.pull("registry.example:5000/postgres:17")
    assert len(calls()) == 2


def test_an_image_that_a_registry_does_not_have_says_nothing_of_the_others(docker):
    calls = docker(f"echo '{UNKNOWN}' >&2; exit 1")
    pull.pull("postgres:17")
    pull.pull("postgres:17")
    pull.pull("postgres:18")
    assert calls() == ["pull postgres:17", "pull postgres:18"]


def test_a_failure_is_forgotten_after_a_while(docker, monkeypatch):
    calls = docker(f"echo '{REFUSED}' >&2; exit 1")
    pull.pull("postgres:17")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + pull.REMEMBERED + 1)
    pull.pull("postgres:17")
    assert len(calls()) == 2


def test_a_registry_that_hangs_is_given_up(docker, monkeypatch):
    monkeypatch.setattr(pull, "FIRST_WORD", 0.1)
    docker("exec sleep 60")
    assert pull.pull("postgres:17") == "no registry answered in time"


def test_a_slow_pull_is_waited_for_once_the_registry_has_answered(docker, monkeypatch):
    monkeypatch.setattr(pull, "FIRST_WORD", 0.3)
    docker("echo 17: Pulling; exec sleep 0.6")
    assert pull.pull("postgres:17") == ""


def test_a_changed_dockerfile_a_changed_argument_and_a_changed_base_make_another_tag(tmp_path, monkeypatch):
    shutil.copytree(standin.HERE / "postgres", tmp_path / "postgres")
    monkeypatch.setattr(standin, "HERE", tmp_path)
    entry = catalogue.CATALOGUE["postgres:17"]
    tags = [standin.reference("postgres", "17", entry, "a"), standin.reference("postgres", "17", entry, "b")]
    tags.append(standin.reference("postgres", "17", catalogue.CATALOGUE["postgres:18"], "a"))
    dockerfile = tmp_path / "postgres" / "Dockerfile"
    dockerfile.write_text(f"{dockerfile.read_text()}# changed\n")
    tags.append(standin.reference("postgres", "17", entry, "a"))
    assert len(set(tags)) == 4
    assert tags[3] == standin.reference("postgres", "17", entry, "a")


def test_this_machines_way_to_gos_modules_reaches_the_build_and_changes_no_tag(docker, monkeypatch):
    calls = docker("[ $1 != images ] || exit 0")
    entry = catalogue.CATALOGUE["mongo:8"]
    monkeypatch.delenv("GOFLAGS", raising=False)
    monkeypatch.delenv("GOPROXY", raising=False)
    plain = standin.reference("mongo", "8", entry, "a")
    monkeypatch.setenv("GOPROXY", "file:///mirror")
    standin.build(plain, entry, "a")
    assert "--build-arg=GOPROXY=file:///mirror" in calls()[-1].split()
    assert "GOFLAGS" not in calls()[-1]
    assert standin.reference("mongo", "8", entry, "a") == plain


def test_the_mongo_stand_in_and_the_image_have_the_same_mongodump():
    pinned = [path / "go.sum" for path in (standin.HERE / "mongo/tools", standin.HERE.parents[2] / "image/mongo-tools")]
    assert pinned[0].read_text() == pinned[1].read_text()


def test_every_base_in_the_catalogue_is_in_the_catalogue_too():
    for entry in catalogue.CATALOGUE.values():
        assert entry.suite or entry.base in catalogue.CATALOGUE


def test_half_taken_client_programs_are_not_kept(docker, tmp_path):
    docker("[ $1 != run ] || exit 1; echo sha256:0123456789abcdef")
    with pytest.raises(Exception, match="No pg_dump could be taken out of postgres:17"):
        clients.programs_of("postgres:17", "postgres-17", ("pg_dump",))
    assert list((tmp_path / "cache" / "clients").iterdir()) == []
