"""Values that are unknown: each is rejected with its reason and a remedy."""

from __future__ import annotations

import re

import pytest

from tests.settings_loader.conftest import Write

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
    "an option that client programs get": (
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
}


@pytest.mark.every(3)
@pytest.mark.parametrize(("files", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_known_is_refused_with_its_reason(write: Write, files: str, reason: str) -> None:
    refusal = write(files).refusal_of_settings()
    assert re.search(reason, refusal), refusal
