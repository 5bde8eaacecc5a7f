"""The settings of the project that is backed up: what the bench hands over as JSON."""

import json
import os

_given = json.loads(os.environ["BENCH_SETTINGS"])

SECRET_KEY = "only for figures"
INSTALLED_APPS = ["django_rclone"]
USE_TZ = True
TIME_ZONE = "UTC"
DATABASES = _given["DATABASES"]
MEDIA_ROOT = _given.get("MEDIA_ROOT", "")
DJANGO_RCLONE = _given["DJANGO_RCLONE"]
