"""Projects like public ones with plain settings modules, read with their environment."""

from __future__ import annotations

import pytest

from tests.settings_loader.conftest import Case, Write

ENGINE = "django.db.backends.postgresql"

PROJECTS = {
    "like bakerydemo": Case(
        """
        == bakery/settings/base.py
        import os
        import dj_database_url
        PROJECT_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        BASE_DIR = os.path.dirname(PROJECT_DIR)
        INSTALLED_APPS = ["wagtail", "bakery"]
        if "DATABASE_URL" in os.environ:
            DATABASES = {"default": dj_database_url.config(conn_max_age=500)}
        else:
            DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(BASE_DIR, "db")}}
        MEDIA_ROOT = os.path.join(BASE_DIR, "media")
        == bakery/settings/production.py
        import os
        from .base import *
        from wagtail.images import models
        DEBUG = False
        if "AWS_STORAGE_BUCKET_NAME" in os.environ:
            STORAGES["default"]["BACKEND"] = "storages.backends.s3.S3Storage"
        try:
            from .local import *
        except ImportError:
            pass
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "shop", "HOST": "db", "PASSWORD": "hunter22", "PORT": 5433}},
        {"TARGET_SETTINGS_MODULE": "bakery.settings.production", "DATABASE_URL": "postgres://u:hunter22@db:5433/shop"},
        "media",
    ),
    "like saleor": Case(
        """
        == shop/settings.py
        import os
        from datetime import timedelta
        import dj_database_url
        import jaeger_client
        import sentry_sdk
        from pytimeparse import parse
        from sentry_sdk.integrations.celery import CeleryIntegration
        from django.db.backends.mysql.base import DatabaseWrapper
        from shop.core.languages import LANGUAGES as CORE_LANGUAGES

        def get_list(text):
            return [item.strip() for item in text.split(",")]

        ALIAS, REPLICA = "default", "replica"
        DATABASES = {
            ALIAS: dj_database_url.config(default="postgres://shop:shop@localhost:5432/shop", conn_max_age=0),
            REPLICA: dj_database_url.config(env="DATABASE_URL_READ", default="postgres://shop:shop@localhost:5432/shop",
                                            test_options={"MIRROR": ALIAS}),
        }
        LANGUAGES = CORE_LANGUAGES
        TTL = timedelta(seconds=parse(os.environ.get("TTL", "5 minutes")))
        SENTRY = os.environ.get("SENTRY_DSN")
        if SENTRY:
            sentry_sdk.init(SENTRY, integrations=[CeleryIntegration()])
        if not jaeger_client.ready:
            raise RuntimeError("no tracing")
        == shop/core/languages.py
        from phonenumbers import ALL
        LANGUAGES = [(code, str(code)) for code in ALL]
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "saleor", "HOST": "pg"}},
        {"TARGET_SETTINGS_MODULE": "shop.settings", "DATABASE_URL": "postgres://a:b@pg/saleor", "SENTRY_DSN": "x"},
    ),
    "like netbox": Case(
        """
        == box/settings.py
        import importlib
        import os
        import sys
        import storages.utils
        from django.db.backends.oracle.base import DatabaseWrapper
        from django.core.exceptions import ImproperlyConfigured
        from extras.plugins import PluginConfig
        from box.helpers import merged

        path = os.getenv("BOX_CONFIGURATION", "box.configuration")
        try:
            configuration = importlib.import_module(path)
        except ModuleNotFoundError as error:
            if getattr(error, "name") == path:
                raise ImproperlyConfigured(f"{path} is not there")
            raise
        for parameter in ("ALLOWED_HOSTS", "SECRET_KEY"):
            if not hasattr(configuration, parameter):
                raise ImproperlyConfigured(parameter)
        PLUGINS = getattr(configuration, "PLUGINS", [])
        DATABASES = {"default": getattr(configuration, "DATABASE")}
        MEDIA_ROOT = getattr(configuration, "MEDIA_ROOT", "/opt/media").rstrip("/")
        if getattr(configuration, "METRICS_ENABLED", False):
            DATABASES["default"]["ENGINE"] = "django_prometheus.db.backends.postgresql"
        else:
            DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
        REDIS = merged({"host": "a"}, {**storages.utils.defaults})
        for plugin in PLUGINS:
            globals()["PLUGIN"] = importlib.import_module(plugin)
        == box/helpers.py
        def merged(one, other):
            result = dict(one)
            result.update(other)
            return result
        == box/configuration.py
        from os import environ
        from box.helpers import merged
        def read_secret(name, default=None):
            try:
                with open("/run/secrets/" + name) as file:
                    return file.readline().strip()
            except OSError:
                return default
        ALLOWED_HOSTS = ["*"]
        SECRET_KEY = "x"
        DATABASE = {"NAME": "netbox", "HOST": environ.get("DB_HOST", "localhost"),
                    "PASSWORD": read_secret("db_password", environ.get("DB_PASSWORD", ""))}
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "netbox", "HOST": "pg", "PASSWORD": "secret99"}},
        {"TARGET_SETTINGS_MODULE": "box.settings", "DB_HOST": "pg", "DB_PASSWORD": "secret99"},
        "/opt/media",
    ),
    "like healthchecks": Case(
        """
        == hc/settings.py
        import os
        from pathlib import Path
        BASE_DIR = Path(__file__).resolve().parent.parent
        def envint(name, default):
            value = os.getenv(name, default)
            return None if value == "None" else int(value)
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.getenv("DB_NAME", BASE_DIR / "hc")}}
        if os.getenv("DB") == "postgres":
            DATABASES = {"default": {POSTGRESQL, "HOST": os.getenv("DB_HOST", ""), "NAME": os.getenv("DB_NAME", "hc"),
                         "CONN_MAX_AGE": envint("DB_CONN_MAX_AGE", "0")}}
        if os.getenv("DB") == "mysql":
            DATABASES = {"default": {"ENGINE": "django.db.backends.mysql", "NAME": os.getenv("DB_NAME", "hc")}}
        if (BASE_DIR / "hc" / "local_settings.py").exists():
            from .local_settings import *
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "checks", "HOST": "pg"}},
        {"TARGET_SETTINGS_MODULE": "hc.settings", "DB": "postgres", "DB_HOST": "pg", "DB_NAME": "checks"},
        "",
    ),
    "like cookiecutter-django": Case(
        """
        == config/settings/base.py
        from pathlib import Path
        import environ
        import ssl
        BASE_DIR = Path(__file__).resolve(strict=True).parent.parent.parent
        env = environ.Env()
        if env.bool("DJANGO_READ_DOT_ENV_FILE", default=False):
            env.read_env(str(BASE_DIR / ".env"))
        TIME_ZONE = "Europe/Berlin"
        DATABASES = {"default": env.db("DATABASE_URL")}
        DATABASES["default"]["ATOMIC_REQUESTS"] = True
        MEDIA_ROOT = str(BASE_DIR / "app" / "media")
        CELERY_BROKER_URL = env("REDIS_URL")
        == config/settings/production.py
        import logging
        import sentry_sdk
        from sentry_sdk.integrations.logging import LoggingIntegration
        from .base import *
        from .base import DATABASES, env
        SECRET_KEY = env("DJANGO_SECRET_KEY")
        DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
        AWS_STORAGE_BUCKET_NAME = env("DJANGO_AWS_STORAGE_BUCKET_NAME")
        aws_s3_domain = f"{AWS_STORAGE_BUCKET_NAME}.s3.amazonaws.com"
        STORAGES = {
            "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"location": "media",
                        "bucket": AWS_STORAGE_BUCKET_NAME}},
            "staticfiles": {"BACKEND": "storages.backends.s3.S3Storage"},
        }
        ANYMAIL = {"MAILGUN_API_KEY": env("MAILGUN_API_KEY")}
        SENTRY_DSN = env("SENTRY_DSN")
        sentry_logging = LoggingIntegration(level=env.int("LEVEL", logging.INFO))
        sentry_sdk.init(dsn=SENTRY_DSN, integrations=[sentry_logging], environment=env("SENTRY_ENV", default="x"))
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "app", "HOST": "pg"}},
        {"TARGET_SETTINGS_MODULE": "config.settings.production", "DATABASE_URL": "postgres://u:p@pg/app"},
    ),
    "like oscar's sandbox": Case(
        """
        == settings.py
        import os
        import environ
        import oscar
        env = environ.Env()
        location = lambda x: os.path.join(os.path.dirname(os.path.realpath(__file__)), x)
        DATABASES = {"default": {
            "ENGINE": os.environ.get("DATABASE_ENGINE", "django.db.backends.sqlite3"),
            "NAME": os.environ.get("DATABASE_NAME", location("db.sqlite")),
            "USER": os.environ.get("DATABASE_USER", None),
        }}
        MEDIA_ROOT = location("public/media")
        INSTALLED_APPS = ["oscar.config.Shop"]
        from oscar.defaults import *
        OSCAR_SHOP_NAME = "Oscar"
        try:
            from settings_local import *
        except ImportError:
            pass
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "oscar", "USER": None}},
        {"DATABASE_ENGINE": ENGINE, "DATABASE_NAME": "oscar"},
        "public/media",
    ),
}


@pytest.mark.parametrize("case", PROJECTS.values(), ids=PROJECTS)
def test_a_project_is_read_as_its_own_environment_would_read_it(write: Write, case: Case) -> None:
    case.holds(write)
