"""The sidecar's Django project. What it knows comes from the target; see ``project``."""

import os

from django_rclone_sidecar import target_project
from django_rclone_sidecar.environment import read
from django_rclone_sidecar.settings import build

ENVIRONMENT = read.read(os.environ)
TARGET = target_project.resolve(ENVIRONMENT.texts)

globals().update(build.settings(ENVIRONMENT, TARGET))
