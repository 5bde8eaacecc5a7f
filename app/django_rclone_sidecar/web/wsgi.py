"""The WSGI application. It reads the history, and uses neither target nor remote."""

from __future__ import annotations

import logging
import os

from django.core.wsgi import get_wsgi_application

# Overrides a value from the web container, which is the target's.
os.environ["DJANGO_SETTINGS_MODULE"] = "django_rclone_sidecar.settings.web"

# Django would log every response that is not 200. Problems are logged once, by the views.
logging.getLogger("django.request").setLevel(logging.CRITICAL)

application = get_wsgi_application()
