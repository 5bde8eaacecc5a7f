"""Settings that cannot be known, each refused with its own reason and a way out."""

from __future__ import annotations

import re

import pytest

from tests.target.conftest import Write

REFUSED = {
    "a secret from a cloud": (
        """
        == settings.py
        import boto3
        SECRET = boto3.client("secretsmanager").get_secret_value(SecretId="db")
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "PASSWORD": SECRET["password"]}}
        """,
        r"Cannot read DATABASES\['default'\]\['PASSWORD'\] from settings: it comes from the package \"boto3\", which "
        r"this image lacks \(imported in settings.py:1\)\.\nDo one of:  DATABASE_URL",
    ),
    "a part of a text": (
        """
        == settings.py
        import vault
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": "db-" + vault.zone}}
        """,
        r"\['HOST'\] from settings.*\"vault\"",
    ),
    "a formatted text": (
        """
        == settings.py
        import vault
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": f"db-{vault.zone.upper()}".upper()}}
        """,
        "vault",
    ),
    "a number": (
        """
        == settings.py
        import vault
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "PORT": int(vault.port)}}
        """,
        "vault",
    ),
    "a dictionary of unknown keys": (
        """
        == settings.py
        import vault
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", **vault.database()}}
        """,
        "vault",
    ),
    "an option that client programs are told": (
        """
        == settings.py
        import rds_tls
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "OPTIONS": {"sslrootcert": rds_tls.where()}}}
        """,
        r"\['OPTIONS'\]\['sslrootcert'\].*rds_tls",
    ),
    "a lazy text": (
        """
        == settings.py
        import vault
        from django.utils.functional import lazystr
        DATABASES = {"default": {POSTGRESQL, "NAME": lazystr(vault.name)}}
        """,
        "vault",
    ),
    "a missing variable": (
        """
        == settings/__init__.py
        == settings/base.py
        import environ
        env = environ.Env()
        DATABASES = {"default": env.db()}
        """,
        r"Cannot read DATABASES: settings/base.py:3 needs the variable DATABASE_URL. Give this container the same",
    ),
    "a missing variable of the environment": (
        """
        == settings.py
        import os
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        DATABASES["default"].update({"PASSWORD": os.environ["DB_PASSWORD"]})
        """,
        "settings.py:3 needs the variable DB_PASSWORD",
    ),
    "a missing variable that decouple wants": (
        """
        == settings.py
        from decouple import config
        DATABASES = {"default": {POSTGRESQL, "NAME": config("DB_NAME")}}
        """,
        "settings.py:2 needs the variable DB_NAME",
    ),
    "a missing secret file": (
        """
        == settings.py
        from pathlib import Path
        PASSWORD = Path("/nonexistent/db_password").read_text()
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "PASSWORD": PASSWORD}}
        """,
        "settings.py:2 needs the file /nonexistent/db_password",
    ),
    "a function that fails halfway": (
        """
        == settings.py
        import os
        def configure(databases):
            databases["default"]["USER"] = "app"
            databases["default"]["HOST"] = os.environ["DB_HOST"]
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        configure(DATABASES)
        """,
        "settings.py:6 needs the variable DB_HOST",
    ),
    "databases handed to a package": (
        """
        == settings.py
        import company
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        RESULT = company.adjust(DATABASES["default"])
        """,
        r"DATABASES may be incomplete: settings.py:3 calls company.adjust\(\)",
    ),
    "a function handed to a package": (
        """
        == settings.py
        import company
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        def adjust():
            DATABASES["default"]["NAME"] = "prod"
        company.on_start(adjust)
        """,
        "company",
    ),
    "a settings writer": (
        """
        == settings.py
        import django_heroku
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        django_heroku.settings(locals())
        """,
        r"settings.py:3 calls django_heroku.settings\(\)",
    ),
    "a settings writer that looks at its caller": (
        """
        == settings.py
        import django_yamlconf
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        django_yamlconf.settings.load()
        """,
        "django_yamlconf",
    ),
    "something that fills the environment": (
        """
        == settings.py
        import os
        import envparse
        envparse.env.read_envfile()
        DATABASES = {"default": {POSTGRESQL, "NAME": os.environ.get("DB_NAME", "app")}}
        """,
        "envparse",
    ),
    "an environment that cannot be filled": (
        """
        == settings.py
        import os
        import vault
        os.environ.setdefault("DB_NAME", vault.name)
        DATABASES = {"default": {POSTGRESQL, "NAME": os.environ.get("DB_NAME", "app")}}
        """,
        "DATABASES",
    ),
    "names put into the module": (
        """
        == settings.py
        import company
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        globals().update(company.settings)
        """,
        "company",
    ),
    "a name put into the module": (
        """
        == settings.py
        import company
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        globals()[company.name] = {}
        """,
        "company",
    ),
    "an attribute put onto the module": (
        """
        == settings.py
        import sys
        import company
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        setattr(sys.modules[__name__], str(company.name), {})
        """,
        "company",
    ),
    "code that is executed": (
        """
        == settings.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        exec(open("/nonexistent/more.py").read())
        """,
        "settings.py:2 needs the file /nonexistent/more.py",
    ),
    "executed code that imports": (
        """
        == settings.py
        from pathlib import Path
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        exec(compile((Path(__file__).parent / "more.py").read_text(), str(Path(__file__).parent / "more.py"), "exec"))
        == more.py
        import flags
        if flags.prod:
            DATABASES["default"]["NAME"] = "prod"
        """,
        "flags",
    ),
    "all of a package's settings": (
        """
        == settings.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        from acme.base import *
        """,
        r'settings.py:2 imports all of "acme.base"',
    ),
    "all of a module that is not there": (
        """
        == settings.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        from secret_settings import *
        """,
        "secret_settings",
    ),
    "a module of the project that does not parse": (
        """
        == conf/__init__.py
        == conf/settings.py
        from .base import *
        == conf/base.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        def broken(:
        """,
        r"conf/base.py:2 does not parse with Python 3.\d+: ",
    ),
    "no databases": ("== settings.py\nDEBUG = True\n", "settings sets no DATABASES"),
    "no engine": (
        '== settings.py\nDATABASES = {"default": {"NAME": "app"}}\n',
        r"\['default'\] of settings has no ENGINE",
    ),
    "a program's output": (
        """
        == settings.py
        import subprocess
        DATABASES = {"default": {POSTGRESQL, "NAME": subprocess.check_output(["hostname"]).decode()}}
        """,
        "wants to start hostname",
    ),
}


@pytest.mark.parametrize(("files", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_known_is_refused_with_its_reason(write: Write, files: str, reason: str) -> None:
    project = write(files)
    modules = ("settings/base", "conf/settings")
    folder = next((name for name in modules if (project.root / f"{name}.py").exists()), "settings")
    refusal = project.refusal(TARGET_SETTINGS_MODULE=folder.replace("/", "."))
    assert re.search(reason, refusal), refusal
