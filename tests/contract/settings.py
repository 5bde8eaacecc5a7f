"""The settings of a test's project: what its ``Project`` wrote into PROJECT_SETTINGS."""

import json
import os

_given = json.loads(os.environ["PROJECT_SETTINGS"])

SECRET_KEY = "only for tests"
INSTALLED_APPS = ["django_rclone"]
USE_TZ = True
TIME_ZONE = "UTC"
DATABASES = _given["DATABASES"]
DJANGO_RCLONE = _given["DJANGO_RCLONE"]
MEDIA_ROOT = _given.get("MEDIA_ROOT", "")
