#!/usr/bin/env bash
# Builds the documentation as a site; whatever MkDocs warns of is an error. Usage: scripts/docs.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
folder="$(realpath -m "${1:-build/docs}")"
python="$(scripts/venv.sh docs requirements/docs.txt)"
# It would print a warning of its theme's makers, about a version of MkDocs that is not the one that we pin.
export NO_MKDOCS_2_WARNING=1
"$python" -m mkdocs build --strict --site-dir "$folder"
echo "The first page is $folder/index.html."
