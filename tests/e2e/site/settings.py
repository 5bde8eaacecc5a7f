"""The settings of a site as its web container has them: what differs between places comes from the environment."""

import os

import dj_database_url

SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["gallery"]
if os.environ["DATABASE_URL"].startswith("mongodb:"):
    # dj_database_url knows no MongoDB, and MongoDB no keys such as the migrations make.
    DATABASES = {"default": {"ENGINE": "django_mongodb_backend", "HOST": os.environ["DATABASE_URL"]}}
    INSTALLED_APPS.append("django_mongodb_backend")
    DEFAULT_AUTO_FIELD = "django_mongodb_backend.fields.ObjectIdAutoField"
    MIGRATION_MODULES = {"gallery": None}
else:
    DATABASES = {"default": dj_database_url.config()}
MEDIA_ROOT = "/media"
ROOT_URLCONF = "settings"
urlpatterns: list[object] = []
