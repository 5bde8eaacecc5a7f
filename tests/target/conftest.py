"""A target project in a folder, written by a test."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from django_rclone.exceptions import ConfigurationError
from django_rclone_sidecar.target import Target, resolve

POSTGRESQL = '"ENGINE": "django.db.backends.postgresql"'
"""For settings of the tests' projects."""


class Project:
    """A project's source. ``write`` takes its files as one text, each after a line ``== its/path``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environ = {
            "PATH": os.environ["PATH"],
            "TARGET_PATH": str(root),
            "TARGET_SETTINGS_MODULE": "settings",
            **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
        }

    def write(self, files: str) -> Project:
        for part in ("\n" + textwrap.dedent(files)).split("\n== ")[1:]:
            name, _, content = part.partition("\n")
            file = self.root / name.strip()
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content.replace("POSTGRESQL", POSTGRESQL) + "\n")
        return self

    def target(self, **environ: str) -> Target:
        return resolve({**self.environ, **environ})

    def refusal(self, **environ: str) -> str:
        """The message with which the settings are refused."""
        with pytest.raises(ConfigurationError) as caught:
            self.target(**environ)
        return str(caught.value)


type Write = Callable[[str], Project]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "target").mkdir()
    return Project(tmp_path / "target")


@pytest.fixture
def write(project: Project) -> Write:
    return project.write
