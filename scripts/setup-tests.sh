#!/usr/bin/env bash
# Sets up what the main tests need (environments, programs, Docker, images) and prints the path of their Python.
# Does nothing where all is there. Usage: scripts/setup-tests.sh
set -euo pipefail
cd "$(dirname "$0")/.."

python="$(scripts/venv.sh test requirements/test.txt)"
{
    scripts/venv.sh published requirements/published.txt
    scripts/venv.sh docs requirements/docs.txt
    # What the tests use as a person would, restoring by hand.
    scripts/apt.sh sqlite3 zstd libsqlite3-mod-spatialite
    # What the tests' false clock is compiled with.
    scripts/apt.sh gcc libc6-dev
    scripts/docker.sh
    "$python" -m tests.support.images
    "$python" -m tests.support.images.sidecar django-rclone
} >&2
echo "$python"
