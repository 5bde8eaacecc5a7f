#!/usr/bin/env bash
# Prints how fast backups are and what they need, as tables for docs/speed.md. Usage: scripts/bench.sh
set -euo pipefail
cd "$(dirname "$0")/.."
python="$(scripts/venv.sh test requirements/test.txt)"
scripts/docker.sh
command -v zstd >/dev/null || scripts/apt.sh zstd
"$python" -m bench
