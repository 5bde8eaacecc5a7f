"""Views, all read-only."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from django_rclone_sidecar.history.reader import NotCreated, Unreadable
from django_rclone_sidecar.monitoring import exposition, health, load
from django_rclone_sidecar.monitoring.metrics import samples
from django_rclone_sidecar.monitoring.state import OverallState
from django_rclone_sidecar.scheduler import liveness
from django_rclone_sidecar.web import page as page_view
from django_rclone_sidecar.web import status as status_view

logger = logging.getLogger(__name__)

_RUNS_SHOWN = 20


class _HistoryProblem:
    """Logs a problem with the history when it first occurs, not at every scrape."""

    last = ""

    @classmethod
    def log(cls, problem: Unreadable | None) -> None:
        text = "" if problem is None or isinstance(problem, NotCreated) else str(problem)
        if text and text != cls.last:
            logger.warning("%s", text, extra={"event": "history.unreadable"})
        cls.last = text


def _state(runs: int = 0) -> OverallState:
    try:
        found = load.read(settings.ENVIRONMENT, datetime.now(UTC), runs=runs)
    except Unreadable as error:
        _HistoryProblem.log(error)
        raise
    _HistoryProblem.log(None)
    return found


def healthz(_request: HttpRequest) -> HttpResponse:
    """Liveness: the scheduler runs and this process answers."""
    return _health_response(health.stopped(liveness.seconds_since_report()))


def readyz(_request: HttpRequest) -> HttpResponse:
    """Readiness: the history can be read and has databases."""
    try:
        return _health_response(health.readiness_problem(_state()))
    except Unreadable as error:
        return _health_response(str(error))


def status(_request: HttpRequest) -> HttpResponse:
    """The state as JSON, with status 503 if there are problems."""
    try:
        document = status_view.document(_state())
    except Unreadable as error:
        document = status_view.unknown(str(error))
    return JsonResponse(document, status=200 if document["ok"] else 503, json_dumps_params={"indent": 2})


def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics, as many as are known."""
    try:
        state = _state()
    except NotCreated:
        state = OverallState(datetime.now(UTC))
    except Unreadable:
        state = None
    body, content_type = exposition.text(samples(state), request.headers.get("Accept", ""))
    return HttpResponse(body, content_type=content_type)


def page(request: HttpRequest) -> HttpResponse:
    """The status page."""
    try:
        return render(request, "django_rclone_sidecar/page.html", page_view.context(_state(_RUNS_SHOWN)))
    except Unreadable as error:
        return render(request, "django_rclone_sidecar/page.html", page_view.unknown(str(error)), status=503)


def not_found(_request: HttpRequest, **_context: object) -> HttpResponse:
    return line("Not found. See /, /status and /metrics.", 404)


def bad_request(_request: HttpRequest, **_context: object) -> HttpResponse:
    return line("Bad request.", 400)


def server_error(_request: HttpRequest) -> HttpResponse:
    return line("Internal error. See the log.", 500)


def _health_response(problem: str) -> HttpResponse:
    return line(problem, 503) if problem else line("ok")


def line(text: str, status: int = 200) -> HttpResponse:
    """Returns one line of plain text."""
    return HttpResponse(f"{' '.join(text.split())}\n", status=status, content_type="text/plain; charset=utf-8")
