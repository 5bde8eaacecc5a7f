"""What is served: everything is read, nothing can be changed."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from django_rclone_sidecar.history.reader import Nothing, Unreadable
from django_rclone_sidecar.monitoring import health, load
from django_rclone_sidecar.monitoring import metrics as metrics_table
from django_rclone_sidecar.monitoring.state import OverallState
from django_rclone_sidecar.scheduler import liveness
from django_rclone_sidecar.web import page as page_view
from django_rclone_sidecar.web import status as status_view

logger = logging.getLogger(__name__)

_RUNS_SHOWN = 20


class _Complaint:
    """Logs what is wrong with the history when it begins, and not with every scrape."""

    said = ""

    @classmethod
    def about(cls, problem: Unreadable | None) -> None:
        text = "" if problem is None or isinstance(problem, Nothing) else str(problem)
        if text and text != cls.said:
            logger.warning("%s", text, extra={"event": "history.unreadable"})
        cls.said = text


def _state(runs: int = 0) -> OverallState:
    try:
        found = load.read(settings.ENVIRONMENT, datetime.now(UTC), runs=runs)
    except Unreadable as error:
        _Complaint.about(error)
        raise
    _Complaint.about(None)
    return found


def healthz(_request: HttpRequest) -> HttpResponse:
    """Tells whether the loop ticks and this process answers."""
    return _verdict(health.stopped(liveness.seconds_since_report()))


def readyz(_request: HttpRequest) -> HttpResponse:
    """Tells whether the history can be read and knows the databases."""
    try:
        return _verdict(health.unready(_state()))
    except Unreadable as error:
        return _verdict(str(error))


def status(_request: HttpRequest) -> HttpResponse:
    """Tells everything in JSON; 503 when somebody should do something."""
    try:
        document = status_view.document(_state())
    except Unreadable as error:
        document = status_view.unknown(str(error))
    return JsonResponse(document, status=200 if document["ok"] else 503, json_dumps_params={"indent": 2})


def metrics(request: HttpRequest) -> HttpResponse:
    """Tells the metrics, as many as can be known."""
    try:
        state = _state()
    except Nothing:
        state = OverallState(datetime.now(UTC))
    except Unreadable:
        state = None
    body, content_type = metrics_table.text(metrics_table.samples(state), request.headers.get("Accept", ""))
    return HttpResponse(body, content_type=content_type)


def page(request: HttpRequest) -> HttpResponse:
    """Shows it to people."""
    try:
        return render(request, "django_rclone_sidecar/page.html", page_view.context(_state(_RUNS_SHOWN)))
    except Unreadable as error:
        return render(request, "django_rclone_sidecar/page.html", page_view.unknown(str(error)), status=503)


def not_found(_request: HttpRequest, **_context: object) -> HttpResponse:
    return line("There is nothing here. See /, /status and /metrics.", 404)


def bad_request(_request: HttpRequest, **_context: object) -> HttpResponse:
    return line("This request cannot be understood.", 400)


def server_error(_request: HttpRequest) -> HttpResponse:
    return line("Something went wrong here; the log says what.", 500)


def _verdict(problem: str) -> HttpResponse:
    return line(problem, 503) if problem else line("ok")


def line(text: str, status: int = 200) -> HttpResponse:
    """Returns one line of plain text."""
    return HttpResponse(f"{' '.join(text.split())}\n", status=status, content_type="text/plain; charset=utf-8")
