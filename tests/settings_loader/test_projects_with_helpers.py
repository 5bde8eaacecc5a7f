"""Projects whose settings are built by packages that the image has."""

from __future__ import annotations

import pytest

from tests.settings_loader.conftest import Case, Write

ENGINE = "django.db.backends.postgresql"

PROJECTS = {
    "like wemake's template": Case(
        """
        == server/settings/__init__.py
        from os import environ
        import django_stubs_like
        from split_settings.tools import include, optional
        django_stubs_like.monkeypatch()
        environ.setdefault("DJANGO_ENV", "development")
        _ENV = environ["DJANGO_ENV"]
        _base_settings = ("components/common.py", "components/logging.py", f"environments/{_ENV}.py",
                          optional("environments/local.py"))
        include(*_base_settings)
        == server/settings/components/__init__.py
        from pathlib import Path
        from decouple import AutoConfig
        BASE_DIR = Path(__file__).parents[3]
        config = AutoConfig(search_path=BASE_DIR.joinpath("config"))
        == server/settings/components/common.py
        from server.settings.components import BASE_DIR, config
        SECRET_KEY = config("DJANGO_SECRET_KEY")
        DATABASES = {"default": {POSTGRESQL, "NAME": config("POSTGRES_DB"), "PASSWORD": config("POSTGRES_PASSWORD"),
                                 "HOST": config("DJANGO_DATABASE_HOST"),
                                 "PORT": config("DJANGO_DATABASE_PORT", cast=int)}}
        TIME_ZONE = "UTC"
        MEDIA_ROOT = BASE_DIR.joinpath("media")
        == server/settings/components/logging.py
        import structlog
        LOGGING = {"processor": structlog.processors.JSONRenderer()}
        structlog.configure(wrapper_class=structlog.stdlib.BoundLogger)
        == server/settings/environments/production.py
        from server.settings.components import config
        DEBUG = False
        ALLOWED_HOSTS = [config("DOMAIN_NAME")]
        _PASS = "django.contrib.auth.password_validation"
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "w", "PASSWORD": "pw1", "HOST": "db", "PORT": 5432}},
        {
            "TARGET_SETTINGS_MODULE": "server.settings",
            "DJANGO_ENV": "production",
            "POSTGRES_DB": "w",
            "POSTGRES_PASSWORD": "pw1",
            "DJANGO_DATABASE_HOST": "db",
            "DJANGO_DATABASE_PORT": "5432",
        },
        "media",
    ),
    "like DefectDojo": Case(
        """
        == dojo/settings/settings.py
        from split_settings.tools import include, optional
        include("settings.dist.py", optional("local_settings.py"))
        == dojo/settings/settings.dist.py
        import os
        import environ
        from celery_like.schedules import crontab
        root = environ.Path(__file__) - 3
        env = environ.FileAwareEnv(DD_DEBUG=(bool, False), DD_DATABASE_ENGINE=(str, "django.db.backends.postgresql"),
                                   DD_DATABASE_HOST=(str, "postgres"), DD_DATABASE_NAME=(str, "defectdojo"),
                                   DD_MEDIA_ROOT=(str, root("media")))
        def generate_url(scheme, double_slashes):
            result = scheme + (":" if not double_slashes else "://")
            return result
        if os.getenv("DD_DATABASE_URL") is not None:
            DATABASES = {"default": env.db("DD_DATABASE_URL")}
        else:
            DATABASES = {"default": {"ENGINE": env("DD_DATABASE_ENGINE"), "NAME": env("DD_DATABASE_NAME"),
                                     "HOST": env("DD_DATABASE_HOST")}}
        MEDIA_ROOT = env("DD_MEDIA_ROOT")
        CELERY_BEAT_SCHEDULE = {"x": {"schedule": crontab(minute=0)}}
        for key, value in os.environ.items():
            if key.startswith("DD_HASHCODE"):
                print(key)
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "defectdojo", "HOST": "pg"}},
        {"TARGET_SETTINGS_MODULE": "dojo.settings.settings", "DD_DATABASE_HOST": "pg"},
        "media",
    ),
    "like pulp": Case(
        """
        == pulp/settings.py
        import os
        from dynaconf import DjangoDynaconf, Validator
        from pulp.plugin import marks
        DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "pulp", "USER": "pulp"}}
        MEDIA_ROOT = ""
        DEPLOY_ROOT = "/var/lib/pulp"
        settings = DjangoDynaconf(__name__, ENVVAR_PREFIX_FOR_DYNACONF="PULP", PRELOAD_FOR_DYNACONF=[],
                                  ENVVAR_FOR_DYNACONF="PULP_SETTINGS", load_dotenv=False,
                                  validators=[Validator("DEPLOY_ROOT", must_exist=True)])
        == pulp/plugin.py
        import drf_access_policy
        marks = drf_access_policy.all
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "pulp", "HOST": "pulp-db"}},
        {"TARGET_SETTINGS_MODULE": "pulp.settings", "PULP_DATABASES__default__HOST": "pulp-db"},
    ),
    "with django-configurations": Case(
        """
        == impress/settings.py
        import os
        from configurations import Configuration, values
        from sentry_sdk.integrations.django import DjangoIntegration
        import sentry_sdk
        BASE_DIR = os.path.dirname(os.path.abspath(__file__))
        class Base(Configuration):
            DATA_DIR = values.Value(os.path.join("/", "data"))
            SECRET_KEY = values.Value()
            DATABASES = {"default": {
                "ENGINE": values.Value("django.db.backends.postgresql", environ_name="DB_ENGINE", environ_prefix=None),
                "NAME": values.Value("impress", environ_name="DB_NAME", environ_prefix=None),
                "PASSWORD": values.Value("pass", environ_name="DB_PASSWORD", environ_prefix=None),
                "PORT": values.IntegerValue(5432, environ_name="DB_PORT", environ_prefix=None),
            }}
            TIME_ZONE = "Europe/Paris"
            API_KEY = values.SecretValue(environ_prefix=None)
            @property
            def MEDIA_ROOT(self):
                return os.path.join(self.DATA_DIR, "media")
            @classmethod
            def post_setup(cls):
                super().post_setup()
                sentry_sdk.init(dsn="x", integrations=[DjangoIntegration()])
        class Production(Base):
            DEBUG = False
            ALLOWED_HOSTS = values.ListValue([])
        == impress/celery.py
        from configurations.importer import install
        install(check_options=True)
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "impress", "PASSWORD": "real1", "PORT": 5432}},
        {"TARGET_SETTINGS_MODULE": "impress.settings", "DJANGO_CONFIGURATION": "Production", "DB_PASSWORD": "real1"},
    ),
    "with environs": Case(
        """
        == settings.py
        from environs import Env
        env = Env()
        env.read_env("/nonexistent/.env", recurse=False)
        DOMAIN = env("DOMAIN")
        EMAIL = env("EMAIL_HOST", None)
        DATABASES = {"default": {POSTGRESQL, "NAME": env("POSTGRES_DB", "wyrm"), "PORT": env.int("PGPORT", 5432)}}
        MEDIA_ROOT = "/media"
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "wyrm", "PORT": 5433}},
        {"PGPORT": "5433"},
    ),
    "with pydantic-settings": Case(
        """
        == settings.py
        from pydantic_settings import BaseSettings
        class Config(BaseSettings):
            db_host: str = "localhost"
            db_name: str = "app"
        config = Config()
        DATABASES = {"default": {POSTGRESQL, "NAME": config.db_name, "HOST": config.db_host}}
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "app", "HOST": "pg"}},
        {"DB_HOST": "pg"},
    ),
}


@pytest.mark.parametrize("case", PROJECTS.values(), ids=PROJECTS)
def test_a_project_is_read_as_its_own_environment_would_read_it(write: Write, case: Case) -> None:
    case.holds(write)
