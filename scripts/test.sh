#!/usr/bin/env bash
# Sets up what is missing, and runs every check and test. Goes on after a failure, so that one run tells all; the last
# line is that of the main tests. Usage: scripts/test.sh
set -euo pipefail
cd "$(dirname "$0")/.."

failed=()
part() {
    echo "== $1"
    "${@:2}" || failed+=("$1")
}

older_django() {
    local status=0
    "$1" -m pytest -q tests/unit || status=1
    "$1" -m pytest -q tests/contract -k sqlite || status=1
    return "$status"
}

python="$(scripts/venv.sh test requirements/test.txt)"
django42="$(scripts/venv.sh django42 requirements/test.txt requirements/django42.txt)"
django52="$(scripts/venv.sh django52 requirements/test.txt requirements/django52.txt)"
scripts/docker.sh
"$python" -m tests.images

part "style and types" scripts/lint.sh
part "Django 4.2" older_django "$django42"
part "Django 5.2" older_django "$django52"

echo "== tests"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
"$python" -m pytest --cov --cov-branch --cov-report=term-missing 2>&1 | tee "$log" || failed+=(tests)

if ((${#failed[@]})) && [[ "${failed[*]}" != tests ]]; then
    printf 'Failed, see above: %s\n' "${failed[@]}"
    tail -n 1 "$log"
fi
((${#failed[@]} == 0))
