#!/usr/bin/env bash
# Installs those of the given Debian packages that are not there yet.
# Needs root only when something is missing. Usage: scripts/apt.sh PACKAGE…
set -euo pipefail

missing=()
for package in "$@"; do
    [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

if ! command -v apt-get >/dev/null || [[ "$(id -u)" != 0 ]]; then
    echo "These packages are needed and only root with apt can install them here: ${missing[*]}. Install them and try again." >&2
    exit 1
fi

# Other installs may be under way on a shared machine: wait for them rather than fail.
apt=(apt-get -o DPkg::Lock::Timeout=600 -q)
export DEBIAN_FRONTEND=noninteractive
"${apt[@]}" update >&2 </dev/null
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2 </dev/null
