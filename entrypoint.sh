#!/bin/sh
# -I: no variable of the web container's, such as PYTHONPATH, decides what runs here.
exec /opt/venv/bin/python -I -m django_rclone_sidecar "$@"
