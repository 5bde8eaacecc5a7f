#!/usr/bin/env bash
# Prints the path of the newest Python (3.12 to 3.14) that works here, and installs one where apt has it.
# PYTHON=… names another. With a version, such as 3.12: prints the path of that version; installs nothing, and prints
# nothing if there is none. Usage: scripts/python.sh [VERSION]
set -euo pipefail
cd "$(dirname "$0")/.."
only="${1:-}"

# Only running it tells: a pyenv shim may be on PATH and not start, and a distribution's Python may lack modules.
# A virtual environment answers with the interpreter that it was made by, under the one name that is no link: environments
# are made anew when the name changes.
try() {
    "$1" -c '
import ensurepip, os, sqlite3, ssl, sys, venv
if (3, 12) <= sys.version_info < (3, 15) and sys.argv[1] in ("", "%d.%d" % sys.version_info[:2]):
    print("%d.%03d" % sys.version_info[1:3], os.path.realpath(sys._base_executable))
' "$only" 2>/dev/null </dev/null || true
}

candidates() {
    local home
    for name in python3.14 python3.13 python3.12 python3; do
        command -v "$name" || true
    done
    # HOME may be another than the one where pyenv was set up.
    for home in "$HOME" "$(getent passwd "$(id -u)" | cut -d: -f6)"; do
        printf '%s\n' "${PYENV_ROOT:-$home/.pyenv}"/versions/3.1[234]*/bin/python "$home"/.pyenv/versions/3.1[234]*/bin/python
    done
}

newest() {
    candidates | sort -u | while read -r candidate; do
        if [[ -x "$candidate" ]]; then try "$candidate"; fi
    done | sort -r | head -n 1 | cut -d' ' -f2-
}

if [[ -n "$only" ]]; then
    newest
    exit 0
fi

if [[ -n "${PYTHON:-}" ]]; then
    found="$(try "$PYTHON" | cut -d' ' -f2-)"
    [[ -n "$found" ]] || { echo "PYTHON=$PYTHON is not a Python 3.12, 3.13 or 3.14 with venv, ensurepip, sqlite3 and ssl." >&2; exit 2; }
    echo "$found"
    exit 0
fi

found="$(newest)"
if [[ -z "$found" && "$(id -u)" == 0 ]] && command -v apt-get >/dev/null; then
    apt-get -q -o DPkg::Lock::Timeout=600 update >&2 </dev/null
    for version in 3.14 3.13 3.12; do
        if apt-cache show "python$version-venv" >/dev/null 2>&1; then
            scripts/apt.sh "python$version" "python$version-venv"
            found="$(newest)"
            break
        fi
    done
fi
[[ -n "$found" ]] || { echo "No Python 3.12, 3.13 or 3.14 with venv, ensurepip, sqlite3 and ssl was found. Install one, or name it in PYTHON." >&2; exit 2; }
echo "$found"
