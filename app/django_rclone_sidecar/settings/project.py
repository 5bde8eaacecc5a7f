"""Settings of the sidecar's Django project, built from the target project (see ``build``)."""

import os

from django_rclone_sidecar import rclone_config, target_project
from django_rclone_sidecar.environment import read
from django_rclone_sidecar.settings import build

ENVIRONMENT = read.current()
TARGET = target_project.resolve(rclone_config.applied(ENVIRONMENT.texts, os.environ))

globals().update(build.settings(ENVIRONMENT, TARGET))
