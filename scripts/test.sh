#!/usr/bin/env bash
# Sets up what is missing, and runs every check and test but the exhaustive ones (scripts/test-all.sh has those). Says
# what it does and for how long it has run. Goes on after a failure, so that one run tells all; the last line is that
# of the main tests. Usage: scripts/test.sh [PYTEST ARGUMENTS…]
set -euo pipefail
cd "$(dirname "$0")/.."

failed=()
phases=5
phase=0
begin() {
    printf '== %d of %d, after %d:%02d: %s\n' "$((++phase))" "$phases" "$((SECONDS / 60))" "$((SECONDS % 60))" "$1"
}
part() {
    begin "$1"
    "${@:2}" || failed+=("$1")
}

# Tests wait for programs more than they compute.
workers=$(($(nproc) + 1))
run() { "$1" -m pytest -n "$workers" --dist worksteal -m "not exhaustive" "${@:2}"; }

# What depends on Django: settings, checks, connectors, commands, and a backup that comes back. Not the programs and pipes
# that they start, nor what is a function of manifests.
older_django() {
    run "$1" -q tests/unit/db/test_registry.py tests/unit/db/*/test_connect*.py tests/unit/test_{checks,conf}.py \
        tests/commands/test_{commands,recipes}.py \
        tests/contract/test_round_trip.py::test_everything_comes_back_over_a_database_that_was_changed_in_every_way \
        -k "unit or commands or sqlite-file"
}

begin "set up what is missing"
python="$(scripts/setup-tests.sh)"
django42="$(scripts/venv.sh django42 requirements/test.txt requirements/django42.txt)"
django52="$(scripts/venv.sh django52 requirements/test.txt requirements/django52.txt)"

part "style and types" scripts/lint.sh
part "Django 4.2" older_django "$django42"
part "Django 5.2" older_django "$django52"

begin "tests"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
run "$python" "$@" 2>&1 | tee "$log" || failed+=(tests)

printf '== done after %d:%02d\n' "$((SECONDS / 60))" "$((SECONDS % 60))"
if ((${#failed[@]})) && [[ "${failed[*]}" != tests ]]; then
    printf 'Failed, see above: %s\n' "${failed[@]}"
fi
tail -n 1 "$log"
((${#failed[@]} == 0))
