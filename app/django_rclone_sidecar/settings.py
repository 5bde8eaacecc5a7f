"""The sidecar's Django project. What it knows comes from the target; see ``project``."""

import os

from django_rclone_sidecar import env, project, target

ENVIRONMENT = env.read(os.environ)
TARGET = target.resolve(ENVIRONMENT.texts)

globals().update(project.settings(ENVIRONMENT, TARGET))
