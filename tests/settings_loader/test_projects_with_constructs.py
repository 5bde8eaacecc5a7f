"""Projects like public ones with classes, star imports, side effects and own helpers, read with their environment."""

from __future__ import annotations

import pytest

from tests.settings_loader.conftest import Case, Write

ENGINE = "django.db.backends.postgresql"

PROJECTS = {
    "like readthedocs": Case(
        """
        == docs/settings/base.py
        import os
        import requests_like
        from core.settings import Settings
        from celery.schedules import crontab
        class CommunityBaseSettings(Settings):
            SITE_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
            MEDIA_ROOT = os.path.join(SITE_ROOT, "media/")
            CELERYBEAT = {"x": {"schedule": crontab(minute=0)}}
            @property
            def INSTALLED_APPS(self):
                apps = ["docs"]
                if requests_like.donate:
                    apps.append("donate")
                return apps
            @property
            def DATABASES(self):
                return {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": self.SITE_ROOT}}
        == docs/settings/docker_compose.py
        import os
        import socket
        from .base import CommunityBaseSettings
        class DockerBaseSettings(CommunityBaseSettings):
            HOST = os.environ.get("DB_HOST", "database")
            ips = socket.gethostbyname("localhost")
            @property
            def DATABASES(self):
                return {"default": {"ENGINE": "django.db.backends.postgresql_psycopg2", "NAME": "docs_db",
                                    "USER": os.environ["DB_USER"], "HOST": self.HOST}}
        DockerBaseSettings.load_settings(__name__)
        == core/settings.py
        import inspect
        import sys
        class Settings:
            @classmethod
            def load_settings(cls, module_name):
                self = cls()
                module = sys.modules[module_name]
                for member, value in inspect.getmembers(self):
                    if member.isupper():
                        if isinstance(value, property):
                            value = value.fget(self)
                        setattr(module, member, value)
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "docs_db", "USER": "docs", "HOST": "database"}},
        {"TARGET_SETTINGS_MODULE": "docs.settings.docker_compose", "DB_USER": "docs"},
        "media",
    ),
    "like pontoon": Case(
        """
        == pontoon/settings/__init__.py
        from .base import *
        == pontoon/settings/base.py
        import os
        import dj_database_url
        from django.utils.functional import lazy
        from celery_like import signature
        _dir = os.path.dirname
        ROOT = _dir(_dir(_dir(os.path.abspath(__file__))))
        def path(*args):
            return os.path.join(ROOT, *args)
        DATABASES = {"default": dj_database_url.config(default="mysql://root@localhost/pontoon")}
        DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = bool(os.environ.get("X"))
        MEDIA_ROOT = os.environ.get("MEDIA_ROOT", path("media"))
        STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
        CELERY = signature("x")
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "p"}},
        {"TARGET_SETTINGS_MODULE": "pontoon.settings", "DATABASE_URL": "postgres://h/p"},
        "media",
    ),
    "like kuma": Case(
        """
        == kuma/settings/common.py
        import dj_database_url
        import dj_email_url
        from decouple import Csv, config
        from pathlib import Path
        from kuma.core.i18n import names
        ROOT = Path(__file__).parents[2]
        DEBUG = config("DEBUG", default=False, cast=bool)
        DATABASES = {"default": config("DATABASE_URL", default="mysql://kuma:kuma@localhost/kuma",
                                       cast=dj_database_url.parse)}
        if DATABASES["default"]["ENGINE"].endswith("mysql"):
            DATABASES["default"]["OPTIONS"] = {"charset": "utf8"}
        MEDIA_ROOT = config("MEDIA_ROOT", default=str(ROOT / "media"))
        HOSTS = config("ALLOWED_HOSTS", default="*", cast=Csv())
        email = config("EMAIL_URL", default="console://", cast=dj_email_url.parse)
        == kuma/settings/prod.py
        from .common import *
        import newrelic.agent
        newrelic.agent.initialize()
        == kuma/core/i18n.py
        from django.conf import settings
        import product_details
        def names():
            return product_details.languages if settings.DEBUG else {}
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "kuma", "USER": "k", "PASSWORD": "w", "HOST": "db"}},
        {"TARGET_SETTINGS_MODULE": "kuma.settings.prod", "DATABASE_URL": "postgres://k:w@db/kuma"},
    ),
    "like paperless": Case(
        """
        == paperless/settings.py
        import logging.config
        import os
        import tempfile
        from pathlib import Path
        from concurrent_log_handler.queue import setup_logging_queues
        from dotenv import load_dotenv
        from django.utils.translation import gettext_lazy as _
        for path in ["../paperless.conf", "/nonexistent/paperless.conf"]:
            if os.path.exists(path):
                load_dotenv(path)
                break
        def get_path(key, default):
            return Path(os.environ[key]).resolve() if key in os.environ else Path(default).resolve()
        BASE_DIR = Path(__file__).resolve().parent.parent
        DATA_DIR = get_path("DATA_DIR", BASE_DIR / "data")
        MEDIA_ROOT = get_path("MEDIA_ROOT", BASE_DIR / "media")
        LOGGING_DIR = get_path("LOGGING_DIR", DATA_DIR / "log")
        LOGGING_DIR.mkdir(parents=True, exist_ok=True)
        SCRATCH = tempfile.mkdtemp(prefix="paperless")
        SECRET_KEY = os.environ["SECRET_KEY"]
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "db.sqlite3"}}
        if os.getenv("DBHOST"):
            DATABASES["sqlite"] = DATABASES["default"].copy()
            DATABASES["default"] = {"HOST": os.getenv("DBHOST"), "NAME": os.getenv("DBNAME", "paperless")}
            if os.getenv("DBENGINE") == "mariadb":
                engine, options = "django.db.backends.mysql", {"read_default_file": "/etc/my.cnf"}
            else:
                engine, options = "django.db.backends.postgresql", {"sslmode": os.getenv("DBSSL", "prefer")}
            DATABASES["default"]["ENGINE"] = engine
            DATABASES["default"]["OPTIONS"].update(options) if "OPTIONS" in DATABASES["default"] else None
        setup_logging_queues()
        LOGGING = {"version": 1, "handlers": {"file": {"class": "concurrent_log_handler.RotatingFileHandler"}},
                   "root": {"handlers": ["file"]}}
        logging.config.dictConfig(LOGGING)
        """,
        {
            "default": {"ENGINE": ENGINE, "NAME": "paperless", "HOST": "db"},
            "sqlite": {"ENGINE": "django.db.backends.sqlite3"},
        },
        {"TARGET_SETTINGS_MODULE": "paperless.settings", "DBHOST": "db"},
        "media",
    ),
    "like plane": Case(
        """
        == plane/__init__.py
        from .celery import app as celery_app
        __all__ = ("celery_app",)
        == plane/celery.py
        import os
        from celery_like import Celery
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "plane.settings.production")
        app = Celery("plane")
        app.config_from_object("django.conf:settings", namespace="CELERY")
        app.autodiscover_tasks()
        from django.conf import settings
        LEVEL = settings.LOG_LEVEL
        == plane/settings/common.py
        import os
        import dj_database_url
        from corsheaders.defaults import default_headers
        BASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        DEBUG = int(os.environ.get("DEBUG", "0"))
        if bool(os.environ.get("DATABASE_URL")):
            DATABASES = {"default": dj_database_url.config()}
        else:
            DATABASES = {"default": {POSTGRESQL, "NAME": os.environ.get("POSTGRES_DB")}}
        if os.environ.get("ENABLE_READ_REPLICA", "0") == "1":
            DATABASES["replica"] = {POSTGRESQL, "NAME": "read"}
        MEDIA_ROOT = "mediafiles"
        STORAGES = {"default": {"BACKEND": "plane.settings.storage.S3Storage"}}
        CORS_ALLOW_HEADERS = [*default_headers, "X-API-Key"]
        == plane/settings/production.py
        import os
        from .common import *
        LOG_DIR = os.path.join(BASE_DIR, "logs")
        if not os.path.exists(LOG_DIR):
            os.makedirs(LOG_DIR)
        """,
        {"default": {"ENGINE": ENGINE, "NAME": "plane"}},
        {"TARGET_SETTINGS_MODULE": "plane.settings.production", "POSTGRES_DB": "plane"},
        "mediafiles",
    ),
}


@pytest.mark.parametrize("case", PROJECTS.values(), ids=PROJECTS)
def test_a_project_is_read_as_its_own_environment_would_read_it(write: Write, case: Case) -> None:
    case.holds(write)
