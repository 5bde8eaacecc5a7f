"""The settings of a site as its web container has them: what differs between places comes from the environment."""

import dj_database_url

SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["gallery"]
DATABASES = {"default": dj_database_url.config()}
MEDIA_ROOT = "/media"
ROOT_URLCONF = "settings"
urlpatterns: list[object] = []
