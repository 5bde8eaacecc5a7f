#!/usr/bin/env bash
# Writes requirements/*.txt anew from requirements/*.in: the newest versions, with the hashes of all their files.
# With --keep, what is pinned stays as it is, and only what is new is added. Usage: scripts/lock-requirements.sh [--keep]
set -euo pipefail
cd "$(dirname "$0")/.."
python="$(scripts/venv.sh lock requirements/lock.txt)"

# This machine's own settings must not reach files that are for everybody.
for variable in "${!PIP_@}" "${!UV_@}"; do unset "$variable"; done
export UV_NO_CONFIG=1

versions=(--upgrade)
[[ "${1:-}" != --keep ]] || versions=()

compile() {
    # --universal: one file for every Python from 3.12 on, with markers where they differ.
    "$python" -m uv pip compile --quiet --universal --python-version 3.12 --generate-hashes "${versions[@]}" \
        --custom-compile-command scripts/lock-requirements.sh --no-emit-index-url --no-emit-find-links "${@:2}" "requirements/$1.in" -o "requirements/$1.txt" </dev/null
}
compile demo
compile test
# Laid over the test environment, which has what these need.
compile django42 --no-deps
compile django52 --no-deps
compile published
compile build
compile docs
compile image
compile lock
