"""URLs of the web server."""

from __future__ import annotations

from django.urls import path, re_path

from django_rclone_sidecar.web import views

urlpatterns = [
    path("", views.page),
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("status", views.status),
    path("metrics", views.metrics),
    re_path("", views.not_found),
]

handler400 = "django_rclone_sidecar.web.views.bad_request"
handler404 = "django_rclone_sidecar.web.views.not_found"
handler500 = "django_rclone_sidecar.web.views.server_error"
