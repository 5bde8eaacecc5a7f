#!/usr/bin/env bash
# Runs the same tests as scripts/test.sh, once, with branch coverage, and prints that of each package. It takes longer:
# measuring costs up to 44 % of a command's CPU time. Usage: scripts/coverage.sh [PYTEST ARGUMENTS…]
set -euo pipefail
cd "$(dirname "$0")/.."

python="$(scripts/setup-tests.sh)"
mkdir -p build
report=build/coverage.json
status=0
coverage=(--cov --cov-branch --cov-report=term-missing "--cov-report=json:$report")
"$python" -m pytest -n "$(($(nproc) + 1))" --dist worksteal -m "not exhaustive" "${coverage[@]}" "$@" || status=$?
"$python" -m tests.support.coverage "$report"
exit "$status"
