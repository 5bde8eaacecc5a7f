"""Imports: modules of other Python versions, versions of packages, the project's own missing modules."""

from __future__ import annotations

import textwrap

import pytest

from tests.settings_loader.conftest import Write

PLAIN = 'DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": "db"}}'

LOADS = {
    "an annotation of Python's own": """
        import sentry_sdk
        from decouple import config
        SSL: bool = config("SSL", False, cast=bool)
        DATABASES = {"default": {POSTGRESQL, "NAME": "app" if not SSL else "x"}}
        sentry_sdk.init(dsn="x", debug=config("SENTRY_DEBUG", False, cast=bool))
        """,
    "a boolean as distutils read it": """
        from distutils.util import strtobool
        DATABASES = {"default": {POSTGRESQL, "NAME": "app" if strtobool("yes") else "x"}}
        """,
    "a boolean as distutils read it, with a fallback": """
        try:
            from distutils.util import strtobool
        except ImportError:
            def strtobool(value):
                return value.lower() in ("y", "yes", "true", "1")
        DATABASES = {"default": {POSTGRESQL, "NAME": "app" if strtobool("yes") else "x"}}
        """,
    "a file in TOML": """
        import tomli
        DATABASES = {"default": {POSTGRESQL, "NAME": tomli.loads("name = 'app'")["name"]}}
        """,
    "an unknown pool": """
        import cfenv
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        DATABASES["default"].setdefault("OPTIONS", {})
        DATABASES["default"]["OPTIONS"].update({"pool": {"max_size": int(cfenv.AppEnv().get_credential("POOL", 5))}})
        """,
}


@pytest.mark.parametrize("settings", LOADS.values(), ids=LOADS)
def test_it_is_known_what_python_itself_would_say(write: Write, settings: str) -> None:
    project = write(f"== settings.py\n{textwrap.dedent(settings)}\n")
    assert project.target().databases["default"]["NAME"] == "app"


OWN = {
    "its version": "from importlib import metadata\n__version__ = metadata.version(__name__)",
    "a version from a program": """
        import subprocess
        try:
            __version__ = subprocess.check_output(["git", "describe"]).decode()
        except Exception:
            __version__ = "unknown"
        def main():
            import os
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
            print(__version__)
        """,
    "a version from a package": """
        import git, os
        __version__ = git.Repo(".").git.describe() or "unknown"
        def main():
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
            print(__version__)
        """,
}


@pytest.mark.parametrize("package", OWN.values(), ids=OWN)
def test_the_projects_own_version_decides_no_database(write: Write, package: str) -> None:
    project = write(
        """
        == shop/settings.py
        import environ
        from shop import __version__
        env = environ.Env()
        RELEASE = __version__
        DATABASES = {"default": env.db("DATABASE_URL")}
        == shop/__init__.py
        """
    )
    (project.root / "shop/__init__.py").write_text(textwrap.dedent(package))
    target = project.target(TARGET_SETTINGS_MODULE="shop.settings", DATABASE_URL="postgres://u:p@db/app")
    assert target.databases["default"]["NAME"] == "app"


def test_the_folder_of_the_target_itself_is_a_package_by_its_own_name(write: Write) -> None:
    project = write(
        """
        == shop/__init__.py
        == shop/settings.py
        from shop.util import get
        DATABASES = {"default": {POSTGRESQL, "NAME": get("DB_NAME")}}
        == shop/util.py
        import os
        def get(name): return os.environ.get(name)
        """
    )
    target = project.target(TARGET_PATH=str(project.root / "shop"), DB_NAME="app")
    assert target.databases["default"]["NAME"] == "app"
    (project.root / "shop").rename(project.root / "mounted")
    refusal = project.refusal(TARGET_PATH=str(project.root / "mounted"), DB_NAME="app")
    assert 'If "shop" is the folder that is TARGET_PATH itself' in refusal
    assert "TARGET_PACKAGES" in refusal


@pytest.mark.parametrize("absent", [".local", "site1.local_settings", ".generated"])
def test_a_missing_module_in_a_package_of_the_project_is_noted(write: Write, absent: str) -> None:
    project = write(
        f"""
        == site1/__init__.py
        == site1/settings.py
        {PLAIN}
        try:
            from {absent} import *
        except ImportError:
            pass
        """
    )
    name = absent if absent.startswith("site1") else f"site1{absent}"
    notes = project.target(TARGET_SETTINGS_MODULE="site1.settings").notes
    assert any(f'site1/settings.py:3 uses the module "{name}" if it exists' in note for note in notes)
