#!/usr/bin/env bash
# Runs the tests that need no server with each supported version of Python that is installed here, and says which are
# not. Arguments are pytest's, in place of the default folders. Usage: scripts/pythons.sh [PYTEST ARGUMENT…]
set -euo pipefail
cd "$(dirname "$0")/.."
(($#)) || set -- tests/{unit,settings_loader,commands,rclone}

missing=()
failed=()
for version in 3.12 3.13 3.14; do
    interpreter="$(scripts/python.sh "$version")"
    if [[ -z "$interpreter" ]]; then
        missing+=("$version")
        continue
    fi
    echo "== Python $version"
    # The environment of `make test` serves its own version too.
    name=test
    [[ "$interpreter" == "$(scripts/python.sh)" ]] || name="python$version"
    python="$(PYTHON="$interpreter" scripts/venv.sh "$name" requirements/test.txt)"
    "$python" -m pytest -q -n "$(($(nproc) + 1))" -p no:cacheprovider "$@" || failed+=("$version")
done

((${#missing[@]} == 0)) || echo "Not installed here, so not tested: Python ${missing[*]}."
((${#failed[@]} == 0)) || { echo "Failed: Python ${failed[*]}."; exit 1; }
