#!/bin/sh
# DJANGO_SETTINGS_MODULE, as the web container has it, names the target's settings: it is handed on as theirs.
set -eu

if [ -n "${DJANGO_SETTINGS_MODULE:-}" ]; then
    export TARGET_SETTINGS_MODULE="${TARGET_SETTINGS_MODULE:-$DJANGO_SETTINGS_MODULE}"
    unset DJANGO_SETTINGS_MODULE
fi
# -I: no variable of the web container's, such as PYTHONPATH, decides what runs here.
exec /opt/venv/bin/python -I -m django_rclone_sidecar "$@"
