"""The names by which projects, settings and scripts reach the app: they stay importable from where they are."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import textwrap
import tomllib
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

import pytest
from django.apps import apps
from django.core.management import get_commands
from django.dispatch import Signal

from django_rclone.db import registry
from django_rclone.db.base import BaseConnector
from tests.docs.tables import ROOT

CONNECTORS = {
    "django_rclone.db.postgresql.PgDumpConnector": "postgresql",
    "django_rclone.db.postgresql.PgDumpGisConnector": "postgresql",
    "django_rclone.db.mysql.MysqlDumpConnector": "mysql",
    "django_rclone.db.sqlite.SqliteConnector": "sqlite",
    "django_rclone.db.mongodb.MongoDumpConnector": "mongodb",
}
"""The dotted paths that the settings CONNECTORS and CONNECTOR_MAPPING may name, and the packages that they are in."""

NAMES = {
    "django_rclone": ("__version__",),
    "django_rclone.apps": ("DjangoRcloneConfig",),
    "django_rclone.command": ("Command", "Secret"),
    "django_rclone.db.base": ("BaseConnector", "Dump", "Facts", "Mode", "RestorePlan"),
    "django_rclone.exceptions": (
        *("DjangoRcloneError", "ConfigurationError", "PartlyDone", "Locked", "VerificationFailed"),
        *("NothingToRestore", "Unavailable", "Interrupted", "ProgramFailed"),
    ),
    "django_rclone.signals": (
        *("pre_db_backup", "post_db_backup", "pre_db_restore", "post_db_restore"),
        *("pre_media_backup", "post_media_backup", "pre_media_restore", "post_media_restore"),
        *("backup_failed", "restore_failed"),
    ),
}

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ENGINES = sorted(set(CONNECTORS.values()))


def resolved(path: str) -> object:
    """Import what a dotted path names: a module, or what is in one."""
    try:
        return import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(resolved(module), name)


def in_a_new_process(source: str) -> str:
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("path", CONNECTORS)
def test_a_connector_is_found_under_its_public_name(path: str):
    module, _, name = path.rpartition(".")
    found = getattr(import_module(module), name)
    assert issubclass(found, BaseConnector)
    assert found.__name__ == name
    assert not inspect.isabstract(found)


def test_the_registry_names_connectors_by_their_public_names():
    assert set(registry.ENGINES.values()) == CONNECTORS.keys()


@pytest.mark.parametrize("path", CONNECTORS)
def test_a_connector_can_be_imported_before_django_is_set_up(path: str):
    module, _, name = path.rpartition(".")
    assert in_a_new_process(f"from {module} import {name}; print({name}.__name__)") == name


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engines_package_and_programs_do_not_import_connectors(engine: str):
    package = f"django_rclone.db.{engine}"
    programs = [file.stem for file in (ROOT / "app" / package.replace(".", "/") / "programs").glob("[!_]*.py")]
    assert programs
    names = [package, *(f"{package}.programs.{program}" for program in programs)]
    loaded = in_a_new_process(f"import {', '.join(names)}, sys; print(*sys.modules, sep='\\n')").splitlines()
    assert set(names) <= set(loaded)
    assert [name for name in loaded if name.startswith("django_rclone.db.") and name.endswith(".connector")] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engines_package_has_no_other_names(engine: str):
    package = import_module(f"django_rclone.db.{engine}")
    with pytest.raises(AttributeError, match=rf"module 'django_rclone\.db\.{engine}' has no attribute 'NoConnector'"):
        package.NoConnector  # noqa: B018 - it is the question


@pytest.mark.parametrize("path", [f"{module}.{name}" for module, names in NAMES.items() for name in names])
def test_a_public_name_is_importable(path: str):
    module, _, name = path.rpartition(".")
    assert hasattr(import_module(module), name)


def test_the_signals_are_signals():
    module = import_module("django_rclone.signals")
    found = {name for name, value in vars(module).items() if isinstance(value, Signal)}
    assert found == set(NAMES["django_rclone.signals"])


def test_the_exceptions_are_one_family_with_the_documented_exit_codes():
    module = import_module("django_rclone.exceptions")
    family = {name: getattr(module, name) for name in NAMES["django_rclone.exceptions"]}
    assert all(issubclass(kind, module.DjangoRcloneError) for kind in family.values())
    codes = {name: kind.exit_code for name, kind in family.items() if name not in ("Interrupted", "ProgramFailed")}
    assert codes == {
        "DjangoRcloneError": 1,
        "ConfigurationError": 2,
        "PartlyDone": 3,
        "Locked": 4,
        "VerificationFailed": 5,
        "NothingToRestore": 6,
        "Unavailable": 75,
    }


def test_the_app_is_installed_by_its_name():
    config = apps.get_app_config("django_rclone")
    assert f"{type(config).__module__}.{type(config).__name__}" == "django_rclone.apps.DjangoRcloneConfig"
    commands = {name for name, app in get_commands().items() if app == "django_rclone"}
    assert commands == {
        *("dbbackup", "dbrestore", "mediabackup", "mediarestore", "listbackups", "backupverify", "backupprune"),
        "backuptarget",
    }


def test_the_console_script_is_there():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    (installed,) = {entry.value for entry in entry_points(group="console_scripts", name="django-rclone")}
    assert declared == {"django-rclone": installed}
    assert callable(resolved(installed.replace(":", ".")))
    shown = subprocess.run([Path(sys.executable).parent / "django-rclone", "--help"], capture_output=True, check=True)
    module = subprocess.run([sys.executable, "-m", "django_rclone_sidecar", "--help"], capture_output=True, check=True)
    assert shown.stdout.startswith(b"usage: django-rclone ")
    assert module.stdout == shown.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_in_the_documentation_are_importable(page: Path):
    text = page.read_text()
    for path in re.findall(r"\bdjango_rclone(?:_sidecar)?(?:\.[A-Za-z_]\w*)+", text):
        if path.endswith(".py") or re.fullmatch(r"django_rclone\.[EW]\d{3}", path):
            continue  # a file, or a system check
        assert resolved(path) is not None


def test_imports_in_the_documentation_work():
    blocks = [block for page in PAGES for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)]
    found = []
    for node in (node for block in blocks for node in ast.walk(ast.parse(textwrap.dedent(block)))):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("django_rclone"):
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    assert "django_rclone.db.postgresql.PgDumpConnector" in found
    assert [path for path in found if isinstance(resolved(path), ModuleType)] == []
