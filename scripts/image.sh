#!/usr/bin/env bash
# Builds the image under a name, and prints its size and what takes it. Debian is pulled, or made where it cannot be.
# Usage: scripts/image.sh NAME
set -euo pipefail
cd "$(dirname "$0")/.."
name="${1:-}"
[[ -n "$name" ]] || { echo "Say the image's name, such as: make image IMAGE=django-rclone" >&2; exit 2; }
python="$(scripts/python.sh)"
scripts/docker.sh
"$python" -m tests.support.images.sidecar "$name"
