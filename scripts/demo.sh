#!/usr/bin/env bash
# Backs up a sample project's database and media, damages both, restores them, and proves that nothing is missing.
# Everything is made in one folder, anew each time. Usage: scripts/demo.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
folder="${1:-.demo}"

python="$(scripts/venv.sh demo requirements/demo.txt)"
PATH="$(dirname "$python"):$PATH"
# Nothing of this machine's own settings shall have a part in it.
unset DJANGO_SETTINGS_MODULE PYTHONPATH
export RCLONE_CONFIG=/dev/null PYTHONDONTWRITEBYTECODE=1

rm -rf "$folder"/{site,backups,before,damaged,after}
mkdir -p "$folder"
cp -R demo "$folder/site"
cd "$folder/site"

say() { printf '\n# %s\n' "$1"; }
run() {
    printf '$ %s\n' "$*"
    "$@"
}
# Prints the hash of all rows and that of all files, and keeps them for comparison.
fingerprint() { run python manage.py fingerprint | tee "../$1"; }

say "A Django project with a SQLite database and media files. Its settings name one remote: the folder $folder/backups."
run python manage.py migrate --verbosity 0
run python manage.py fill
fingerprint before

say "Back up."
run python manage.py check
run python manage.py dbbackup
run python manage.py mediabackup
run python manage.py listbackups
run rclone tree --level 2 ../backups

say "The worst day of the year."
run python manage.py damage
fingerprint damaged

say "Restore the latest."
run python manage.py dbrestore --noinput
run python manage.py mediarestore --noinput
fingerprint after

echo
if [[ "$(<../damaged)" == "$(<../before)" ]]; then
    echo "The demo FAILED: the damage did none." >&2
    exit 1
fi
if [[ "$(<../after)" != "$(<../before)" ]]; then
    echo "The demo FAILED: what was restored is not what was backed up. Compare $folder/before and $folder/after." >&2
    exit 1
fi
echo "All rows and all files are back, bit for bit. Look around in $folder/site and $folder/backups."
