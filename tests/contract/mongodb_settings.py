"""The settings of a project on MongoDB."""

from tests.contract.measured_settings import *  # noqa: F403 - the same, and more

INSTALLED_APPS = ["django_rclone", "django_mongodb_backend", "tests.contract.mongodb_app"]
DEFAULT_AUTO_FIELD = "django_mongodb_backend.fields.ObjectIdAutoField"
