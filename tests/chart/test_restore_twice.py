"""Nothing is restored a second time because a value was left switched on."""

from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.chart import api, helm
from tests.chart.values import CHART

VALUES = CHART / "ci" / "restore-values.yaml"
JOB: dict[str, Any] = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "restore"}}


def upgraded(job: dict[str, Any] | None, *options: str) -> CompletedProcess[str]:
    with api.serving(job) as address:
        return helm.template("--dry-run=server", "--kube-apiserver", address, "--values", VALUES, *options)


@pytest.mark.parametrize("end", ["Complete", "Failed"])
def test_a_restore_that_has_ended_is_not_made_again(end: str):
    done = upgraded(JOB | {"status": {"conditions": [{"type": end, "status": "True"}]}})
    assert done.returncode != 0
    assert "has finished, and the same restore is not run twice by accident" in done.stderr
    assert "--set restore.enabled=false" in done.stderr


@pytest.mark.parametrize("job", [None, JOB, JOB | {"status": {"active": 1}}], ids=["none", "new", "active"])
def test_a_restore_that_has_not_ended_is_in_nobodys_way(job: dict[str, Any] | None):
    assert upgraded(job).returncode == 0


def test_who_does_not_restore_is_not_asked():
    ended = JOB | {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    assert upgraded(ended, "--set", "restore.enabled=false").returncode == 0
