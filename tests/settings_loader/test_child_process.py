"""The child process: what it tolerates, refuses and hides, and its deadline."""

from __future__ import annotations

import textwrap

import pytest

from django_rclone_sidecar.target_project.settings_loader import child_process
from tests.settings_loader.conftest import Write

PLAIN = 'DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}'
READ = {
    "exits in the middle": """
        import sys
        if True:
            sys.exit(3)
        """,
    "lacks a key that does not matter": """
        import os
        KEY = os.environ["API_KEY"]
        """,
    "asks git": """
        import subprocess
        REVISION = subprocess.check_output(["git", "rev-parse", "HEAD"])
        """,
    "prints": """
        print('{"known": 1}' * 100000)
        """,
    "imports a name that is gone from Django": """
        from django.utils.translation import ugettext_lazy as _
        NAME = _("x")
        """,
    "imports models": """
        from django.contrib.auth.models import User
        """,
    "asks the settings themselves": """
        from django.conf import settings
        DEBUG = settings.DEBUG
        """,
    "has a logger of a package": """
        import structlog
        logger = structlog.get_logger(__name__)
        logger.info("x")
        """,
    "decides other things by a package": """
        import flags
        DEBUG = bool(flags.debug)
        if DEBUG:
            APPS = []
        """,
    "sets databases anew after a decision": """
        import flags
        DATABASES = {}
        if flags.x:
            DATABASES = {"default": {"ENGINE": "x"}}
        """,
    "uses what is optional": """
        try:
            import debug_toolbar
            APPS = ["debug_toolbar"]
        except ImportError:
            APPS = []
        """,
    "has classes of an unknown base": """
        from lib import Base, Mixin
        class A(Base, Mixin):
            x = 1
        a = A(1, b=2).x
        """,
    "catches errors of a package": """
        import lib
        try:
            lib.go()
        except lib.SomeError:
            X = 1
        """,
    "sets defaults of the environment": """
        import os
        os.environ.setdefault("LANG", "C")
        """,
}


@pytest.mark.every(3)
@pytest.mark.parametrize("settings", READ.values(), ids=READ)
def test_a_project_that(write: Write, settings: str) -> None:
    project = write(f"== settings.py\n{textwrap.dedent(settings)}\n{PLAIN}\n")
    assert project.target().databases["default"]["NAME"] == "app"


def test_an_option_of_the_driver_may_come_from_the_driver(write: Write) -> None:
    project = write(
        """
        == settings.py
        import psycopg2_like.extensions as driver
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "OPTIONS": {
            "isolation_level": driver.ISOLATION_LEVEL_SERIALIZABLE, "sslmode": "require"}}}
        """
    )
    assert project.target().databases["default"]["OPTIONS"] == {"sslmode": "require"}


def test_what_wrote_into_the_settings_before_they_are_set_does_not_matter(write: Write) -> None:
    project = write(f"== settings.py\nimport django_heroku\ndjango_heroku.settings(locals())\n{PLAIN}\n")
    assert "STORAGES may be incomplete" in project.refusal()
    assert project.target(BACKUP_MEDIA="off", BACKUP_TIME_ZONE="UTC").databases["default"]["NAME"] == "app"


def test_nothing_is_written_or_started(write: Write) -> None:
    project = write(
        """
        == settings.py
        import os, subprocess, sqlite3
        from pathlib import Path
        HERE = Path(__file__).parent
        os.makedirs(HERE / "logs")
        open(HERE / "note", "w").write("x")
        (HERE / "other.py").unlink()
        subprocess.run(["touch", str(HERE / "touched")])
        os.system(f"touch {HERE / 'touched'}")
        sqlite3.connect(HERE / "created.sqlite3")
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        == other.py
        """
    )
    assert project.target().databases["default"]["NAME"] == "app"
    assert sorted(path.name for path in project.root.iterdir()) == ["other.py", "settings.py"]


def test_threads_and_exit_handlers_do_not_keep_us(write: Write) -> None:
    project = write(
        """
        == settings.py
        import atexit, threading
        threading.Thread(target=threading.Event().wait).start()
        atexit.register(threading.Event().wait)
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        """
    )
    assert project.target().databases["default"]["NAME"] == "app"


def test_settings_that_never_end_are_ended_and_the_line_is_named(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "DEADLINE", 1.0)
    refusal = write("== settings.py\nimport threading\nthreading.Event().wait()\n").refusal()
    assert "Settings were still running after 1 s at settings.py:2" in refusal


def test_settings_that_end_the_process_are_named(write: Write) -> None:
    refusal = write("== settings.py\nimport os\nos._exit(0)\n").refusal()
    assert refusal == "settings ended the process that read it."


def test_secrets_in_a_reason_are_masked(write: Write) -> None:
    project = write(
        """
        == settings.py
        import os
        PORT = int(os.environ["DB_PASSWORD"])
        OTHER_TOKEN = "literal77"
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "PORT": PORT, "PASSWORD": "literal88"}}
        DATABASES["default"].update({OTHER_TOKEN: int(OTHER_TOKEN + "literal88" + "postgres://u:literal99@h/")})
        """
    )
    for refusal in (project.refusal(DB_PASSWORD="hunter22"), project.refusal(DB_PASSWORD="5432")):
        assert "***" in refusal
        assert not any(secret in refusal for secret in ("hunter22", "literal77", "literal88", "literal99"))


def test_our_own_secrets_do_not_reach_the_settings(write: Write) -> None:
    project = write(
        """
        == settings.py
        import os
        SEEN = sorted(name for name in os.environ if name.startswith(("BACKUP", "RCLONE", "APP")))
        DATABASES = {"default": {POSTGRESQL, "NAME": "-".join(SEEN)}}
        """
    )
    target = project.target(
        BACKUP_ENCRYPTION_PASSWORD="x", BACKUP_WEB_PASSWORD="x", RCLONE_CONFIG_S3_PASS="x", BACKUP_OF="x", APP_KEY="x"
    )
    assert target.databases["default"]["NAME"] == "APP_KEY-BACKUP_OF"


def test_a_module_of_the_project_that_may_be_absent_is_noted(write: Write) -> None:
    target = write(
        f"== settings.py\n{PLAIN}\ntry:\n    from local_settings import *\nexcept ImportError:\n    DEBUG = 1\n"
    ).target()
    assert any('settings.py:3 uses the module "local_settings" if it exists' in note for note in target.notes)


def test_a_folder_that_has_the_name_of_a_package_does_not_hide_that_it_is_missing(write: Write) -> None:
    project = write(f"== redis/redis.conf\n== settings.py\nimport redis\nX = redis.Redis(1)\n{PLAIN}\n")
    assert project.target().databases["default"]["NAME"] == "app"


def test_a_package_can_be_declared_harmless(write: Write) -> None:
    project = write(f"== settings.py\n{PLAIN}\nfrom acme.base import *\n")
    assert "acme" in project.refusal()
    target = project.target(TARGET_IGNORE_PACKAGES="acme")
    assert any("TARGET_IGNORE_PACKAGES" in note for note in target.notes)


def test_packages_of_the_web_container_can_be_lent(write: Write) -> None:
    project = write(
        """
        == settings.py
        import company
        DATABASES = company.databases()
        == venv/lib/python3.13/site-packages/company.py
        def databases():
            return {"default": {POSTGRESQL, "NAME": "lent"}}
        """
    )
    assert "company" in project.refusal()
    packages = str(project.root / "venv/lib/python3.13/site-packages")
    assert project.target(TARGET_PACKAGES=packages).databases["default"]["NAME"] == "lent"
