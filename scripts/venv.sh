#!/usr/bin/env bash
# Makes the virtual environment .venvs/NAME from hash-pinned requirement files, later files winning, with the project
# itself in it where hatchling is among them, and prints the path of its Python. Does nothing when all is as it was.
# Usage: scripts/venv.sh NAME REQUIREMENTS…
set -euo pipefail
cd "$(dirname "$0")/.."
name="$1"
shift
venv="$PWD/.venvs/$name"
python="$(scripts/python.sh)"

mkdir -p .venvs
exec 9>".venvs/$name.lock"
flock 9

pip=("$venv/bin/python" -m pip --disable-pip-version-check --no-input -q install --no-deps)

# The stamps are written last: an interrupted run leaves none, and is done again from the start.
wanted="$({ echo "$python"; "$python" -VV; cat scripts/venv.sh "$@"; } | sha256sum)"
if [[ "$(cat "$venv/stamp" 2>/dev/null || true)" != "$wanted" || ! -x "$venv/bin/python" ]]; then
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        echo "$python cannot make virtual environments: it has no ensurepip. On Debian install its -venv package." >&2
        exit 2
    fi
    echo "Making .venvs/$name with $("$python" -V) from $*" >&2
    rm -f "$venv/stamp"
    "$python" -m venv --clear "$venv" >&2 </dev/null
    # One after another: the files may pin different versions of one package.
    for file in "$@"; do
        "${pip[@]}" --require-hashes --only-binary :all: -r "$file" >&2 </dev/null
    done
    echo "$wanted" >"$venv/stamp"
fi

# Without a network: what builds the project is among the requirements, or this environment does not want it.
wanted="$(sha256sum <pyproject.toml)"
if [[ "$(cat "$venv/stamp-project" 2>/dev/null || true)" != "$wanted" ]] &&
    "$venv/bin/python" -c 'import editables, hatchling' 2>/dev/null; then
    "${pip[@]}" --no-build-isolation -e . >&2 </dev/null
    echo "$wanted" >"$venv/stamp-project"
fi
echo "$venv/bin/python"
