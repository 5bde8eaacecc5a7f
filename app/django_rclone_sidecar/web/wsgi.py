"""The WSGI application of ``serve``: it reads the history, and knows neither target nor remote."""

from __future__ import annotations

import logging
import os

from django.core.wsgi import get_wsgi_application

# The web container's own setting may be there too: it is the target's.
os.environ["DJANGO_SETTINGS_MODULE"] = "django_rclone_sidecar.settings.web"

# Django would log every answer that is not 200: what is wrong, we say ourselves, once.
logging.getLogger("django.request").setLevel(logging.CRITICAL)

application = get_wsgi_application()
