#!/usr/bin/env bash
# Removes what the other scripts made in this folder, and the tests' containers. Usage: scripts/clean.sh
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf .venvs .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist .demo
find . -name __pycache__ -type d -prune -exec rm -rf {} +
if docker version >/dev/null 2>&1; then
    docker ps --all --quiet --filter label=django-rclone.test-run | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
    docker volume ls --quiet --filter label=django-rclone.test-run | xargs --no-run-if-empty docker volume rm >/dev/null
fi
