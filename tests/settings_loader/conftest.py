"""A target project in a folder, written by a test."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from django_rclone.exceptions import ConfigurationError
from django_rclone_sidecar.target_project import Target, resolve

POSTGRESQL = '"ENGINE": "django.db.backends.postgresql"'
"""Replaces the word POSTGRESQL in the projects' files."""


class Project:
    """A project's source. ``write`` takes the files as one string, each after a line ``== its/path``."""

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
        """Returns the error message of a target whose settings are refused."""
        with pytest.raises(ConfigurationError) as caught:
            self.target(**environ)
        return str(caught.value)

    def refusal_of_settings(self) -> str:
        """Returns the error message for the first of the usual settings modules that the project has."""
        modules = ("settings/base", "conf/settings")
        module = next((name for name in modules if (self.root / f"{name}.py").exists()), "settings")
        return self.refusal(TARGET_SETTINGS_MODULE=module.replace("/", "."))


@dataclass(frozen=True, slots=True)
class Case:
    """A project, its environment, and its expected settings."""

    files: str
    databases: dict[str, dict[str, Any]]
    environ: dict[str, str] = field(default_factory=dict)
    media_root: str | None = None
    """Relative to the project, unless it is absolute."""

    def holds(self, write: Write) -> None:
        """Fails unless the target has the expected settings."""
        project = write(self.files)
        target = project.target(**self.environ)
        assert set(target.databases) == set(self.databases)
        for alias, wanted in self.databases.items():
            assert {key: target.databases[alias].get(key) for key in wanted} == wanted
        if self.media_root is not None:
            wanted_root = str(project.root / self.media_root) if self.media_root else ""
            assert target.media_root.rstrip("/") == wanted_root


type Write = Callable[[str], Project]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "target").mkdir()
    return Project(tmp_path / "target")


@pytest.fixture
def write(project: Project) -> Write:
    return project.write
