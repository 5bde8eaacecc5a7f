"""docs/disaster-drill.md: every block of commands, in turn, on a real site."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.e2e.test_compose import Site, site
from tests.support.commands import ROOT, run

__all__ = ["site"]  # the fixture

PAGE = (ROOT / "docs/disaster-drill.md").read_text()


@pytest.mark.exhaustive
@pytest.mark.parametrize("site", ["postgresql"], indirect=True)
def test_a_lost_machine_is_brought_back_as_the_page_says(site: Site, tmp_path: Path) -> None:
    site.manage("fill")
    before = site.contents()
    project = site.command[site.command.index("--project-name") + 1]
    (tmp_path / "bin").mkdir()
    docker = tmp_path / "bin/docker"
    docker.write_text(
        f'#!/bin/sh\n[ "$1" = compose ] && shift && exec {shlex.join(site.command)} "$@"\n'
        f'exec {shutil.which("docker")} "$@"\n'
    )
    docker.chmod(0o755)
    env = {**os.environ, **site.env, "PATH": f"{docker.parent}:{os.environ['PATH']}"}
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    for block in blocks:
        done = run(["sh", "-ec", block.replace(" site_", f" {project}_")], env=env, cwd=tmp_path / "site")
        assert done.code == 0, done.err
        assert "was not notified" not in done.err
    assert site.contents() == before
    assert (tmp_path / "site/after.json").read_bytes() == (tmp_path / "site/before.json").read_bytes()
