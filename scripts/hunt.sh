#!/usr/bin/env bash
# Hunts for faults that lose or mix up data: MINUTES (10) of steps drawn at random, on all processors. HUNT_SEED repeats
# a hunt. Usage: scripts/hunt.sh [MUTATION…]
set -euo pipefail
cd "$(dirname "$0")/.."
python="$(scripts/venv.sh test requirements/test.txt)"
scripts/apt.sh sqlite3 gcc libc6-dev
# rclone lies beside Python.
PATH="$(dirname "$python"):$PATH" exec "$python" -m tests.hunter "$@"
