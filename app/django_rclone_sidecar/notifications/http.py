"""HTTP requests to external services. Their URLs are secrets: errors show only the host."""

from __future__ import annotations

import base64
import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

import django_rclone
from django_rclone_sidecar.notifications.delivery import DeliveryError

SECONDS = 5.0
"""Time limit of each step of a request."""


def address(url: str) -> str:
    """Returns host and port of a URL, without the scheme: the log would mask a whole URL."""
    return _address(urlsplit(url))


def root(url: str) -> str:
    """Returns the URL of the server's root, without name and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{_address(parts)}/"


def append_path(url: str, path: str) -> str:
    """Returns a URL with a path appended; the query string is kept."""
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{path}").geturl()


def send(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> None:
    """Sends a request, with the name and password in the URL, if any. Raises DeliveryError."""
    parts = urlsplit(url)
    try:
        request = urllib.request.Request(  # noqa: S310 - the environment's table allows http and https only
            parts._replace(netloc=_address(parts), fragment="").geturl(), body, dict(headers or {}), method=method
        )
        request.add_header("User-Agent", f"django-rclone/{django_rclone.__version__}")
        if parts.username is not None:
            # Not sent along when the service redirects to another.
            request.add_unredirected_header("Authorization", _basic(parts))
        with urllib.request.urlopen(request, timeout=seconds):  # noqa: S310
            pass
    except urllib.error.HTTPError as error:
        error.close()
        raise HttpStatusError(error.code) from None
    except OSError as error:
        raise DeliveryError(_reason(error, seconds)) from None
    except (ValueError, http.client.HTTPException) as error:  # the message holds the URL
        raise DeliveryError(f"the URL or the answer is not valid ({type(error).__name__})") from None


class HttpStatusError(DeliveryError):
    """The service answered with an error status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"it answered with status {status}")
        self.status = status


def _address(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _basic(parts: SplitResult) -> str:
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"


def _reason(error: OSError, seconds: float) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {seconds:.0f} seconds"
    return (cause.strerror if isinstance(cause, OSError) else "") or type(cause).__name__
