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

# Tests wait for programs more than they compute.
workers=$(($(nproc) + 1))

# Where Django takes part: not the pipe and what goes through it, nor the connector's own programs, nor, beyond the
# commands that the other sentences start as well, what happens when one of their programs dies or waits.
older_django() {
    local ignored=(unit/{process,rclone} unit/test_{streams,words,docs}.py unit/db/mysql/test_split.py
        contract/test_{backup_faults,restore_faults,snapshot,sqlite_programs,sqlite_under_load}.py)
    "$1" -m pytest -q -n "$workers" tests/unit tests/contract -k "unit or sqlite" "${ignored[@]/#/--ignore=tests/}"
}

echo "== setting up what is missing"
python="$(scripts/setup-tests.sh)"
django42="$(scripts/venv.sh django42 requirements/test.txt requirements/django42.txt)"
django52="$(scripts/venv.sh django52 requirements/test.txt requirements/django52.txt)"

part "style and types" scripts/lint.sh
part "Django 4.2" older_django "$django42"
part "Django 5.2" older_django "$django52"

echo "== tests"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
"$python" -m pytest -n "$workers" 2>&1 | tee "$log" || failed+=(tests)

if ((${#failed[@]})) && [[ "${failed[*]}" != tests ]]; then
    printf 'Failed, see above: %s\n' "${failed[@]}"
    tail -n 1 "$log"
fi
((${#failed[@]} == 0))
