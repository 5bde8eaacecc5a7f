"""Middleware of every view: read-only access, optional basic auth, one-line errors."""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from django_rclone_sidecar.web import page, views

logger = logging.getLogger(__name__)

_WITHOUT_PASSWORD = ("/healthz", "/readyz")
"""Paths for probes."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src '{page.STYLE_HASH}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class ReadOnlyMiddleware:
    """Refuses requests that change something or lack the password, and adds headers to every response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._refusal(request) or self._get_response(request)
        for name, value in _HEADERS.items():
            response[name] = value
        response["Content-Length"] = str(len(response.content))
        if request.method == "HEAD":
            response.content = b""
        return response

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        if request.method not in ("GET", "HEAD"):
            refused = views.line("Read-only: only GET and HEAD are allowed.", 405)
            refused["Allow"] = "GET, HEAD"
            return refused
        password = settings.ENVIRONMENT.get("BACKUP_WEB_PASSWORD")
        if password and request.path not in _WITHOUT_PASSWORD and not _has_password(request, password):
            refused = views.line("Password required: BACKUP_WEB_PASSWORD, with any user name.", 401)
            refused["WWW-Authenticate"] = 'Basic realm="django-rclone", charset="UTF-8"'
            return refused
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase:
        """Logs an unexpected error in one line; the traceback, which may hold secrets, only at debug level."""
        shown = error if logger.isEnabledFor(logging.DEBUG) else None
        message = f"{request.path}: {type(error).__name__}: {error}. Set BACKUP_LOG_LEVEL=debug to log the traceback."
        logger.error("%s", message, extra={"event": "web.failed"}, exc_info=shown)
        return views.server_error(request)


def _has_password(request: HttpRequest, password: str) -> bool:
    """Returns whether a request has the password (RFC 7617), compared in constant time."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = base64.b64decode(credentials.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(given, password.encode())
