#!/usr/bin/env bash
# Runs a module of the development environment, such as ruff or mypy. Usage: scripts/tool.sh MODULE [ARGUMENT…]
set -euo pipefail
cd "$(dirname "$0")/.."
exec "$(scripts/venv.sh test requirements/test.txt)" -m "$@"
