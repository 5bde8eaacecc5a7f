"""docs/architecture.md: what it names is there, and no package is left out."""

import re
from pathlib import Path

import pytest

from tests.docs.tables import ROOT

TEXT = (ROOT / "docs/architecture.md").read_text()
# Which of the folders each section is about.
SECTIONS = dict(re.findall(r"^## .*: `(app/[\w/]+)`\n((?:(?!## ).*\n)*)", TEXT, re.MULTILINE))
PACKAGES = [path.parent for path in (ROOT / "app").rglob("__init__.py")]


def named(section: str) -> list[str]:
    """Every file and folder that a section names; endings that stand for several are not meant."""
    return [name for name in re.findall(r"`([\w/]+(?:\.py|/))`", SECTIONS[section]) if not name.startswith("_")]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_file_that_is_named_is_there(section: str):
    folder = ROOT / section
    folders = [folder, *(path for path in folder.iterdir() if path.is_dir())]
    assert named(section)
    assert [name for name in named(section) if not any((place / name).exists() for place in folders)] == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_package_is_named(package: Path):
    (section,) = [section for section in SECTIONS if package.is_relative_to(ROOT / section)]
    inside = str(package.relative_to(ROOT / section))
    assert inside == "." or f"{inside}/" in named(section)


def test_the_rest_is_there_too():
    rest = TEXT.partition("\n## The rest\n")[2]
    names = re.findall(r"`([\w/.]+)`", rest)
    assert names
    assert [name for name in names if not (ROOT / name).exists() and not (ROOT / "tests" / name).exists()] == []


def test_the_app_never_imports_the_sidecar():
    sources = list((ROOT / "app/django_rclone").rglob("*.py"))
    assert sources
    assert [
        path.name for path in sources if re.search(r"^\s*(from|import) django_rclone_sidecar", path.read_text(), re.M)
    ] == []
