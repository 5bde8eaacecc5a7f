#!/bin/sh
# Becomes the program, after the two things that are the container's business.
set -eu

# DJANGO_SETTINGS_MODULE, as the web container has it, names the target's settings: it is handed on as theirs.
if [ -n "${DJANGO_SETTINGS_MODULE:-}" ]; then
    export TARGET_SETTINGS_MODULE="${TARGET_SETTINGS_MODULE:-$DJANGO_SETTINGS_MODULE}"
    unset DJANGO_SETTINGS_MODULE
fi

# rclone saves what it learns about a remote (sftp) or is given (OAuth), and where it cannot it tries again for seconds
# in every command. So it gets its configuration in memory: none at all, or a copy of one that nobody can write to.
config="${RCLONE_CONFIG:-$XDG_CONFIG_HOME/rclone/rclone.conf}"
if [ ! -e "$config" ]; then
    export RCLONE_CONFIG="${RCLONE_CONFIG:-/dev/null}"
elif [ ! -w "$(dirname "$config")" ] && [ -r "$config" ]; then
    copy="$(mktemp /dev/shm/rclone.XXXXXX)" # nobody else can read it
    cat "$config" >"$copy"
    export RCLONE_CONFIG="$copy"
fi

# -I: no variable of the web container's, such as PYTHONPATH, decides what runs here.
exec /opt/venv/bin/python -I -m django_rclone_sidecar "$@"
