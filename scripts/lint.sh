#!/usr/bin/env bash
# Checks style and types; goes through all checks before it says how it went. Usage: scripts/lint.sh
set -euo pipefail
cd "$(dirname "$0")/.."
python="$(scripts/venv.sh test requirements/test.txt)"

status=0
"$python" -m ruff check . || status=1
"$python" -m ruff format --check . || status=1
# Which package, and how strictly, says pyproject.toml.
"$python" -m mypy || status=1
exit "$status"
