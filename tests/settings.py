"""The smallest Django project that the tests need."""

SECRET_KEY = "only for tests"
INSTALLED_APPS = ["django_rclone"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/nonexistent/app.sqlite3"}}
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DJANGO_RCLONE = {"REMOTE": "/nonexistent/remote"}
