#!/usr/bin/env bash
# Makes sure that a Docker engine answers. Usage: scripts/docker.sh
set -euo pipefail
cd "$(dirname "$0")/.."

answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# Up to 60 s, or until the process of this id is gone.
wait_until_it_answers() {
    local deadline=$((SECONDS + 60))
    until answers; do
        ((SECONDS < deadline)) && kill -0 "$1" 2>/dev/null || return 1
        sleep 0.2
    done
}

answers && exit 0

if [[ -n "${DOCKER_HOST:-}" ]]; then
    echo "No Docker engine answers at DOCKER_HOST=$DOCKER_HOST. Start it, or unset DOCKER_HOST." >&2
    exit 1
fi
if [[ "$(id -u)" != 0 ]]; then
    echo "No Docker engine answers. Start Docker (on Linux: sudo systemctl start docker), see that you may use it, and try again." >&2
    exit 1
fi

cache="${DJANGO_RCLONE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/django-rclone}"
mkdir -p "$cache"

# Two runs at once must not start two engines.
exec 9>"$cache/docker.lock"
flock 9
answers && exit 0

# A client alone may be on PATH already, so it is the engine that we look for.
command -v dockerd >/dev/null || scripts/apt.sh docker.io iptables
# Later Debians have the client in a package of its own.
command -v docker >/dev/null || scripts/apt.sh docker-cli

engine=$$
if [[ -d /run/systemd/system ]]; then
    systemctl start docker
else
    # No init system would start it. It outlives this script on purpose: the next run finds it.
    setsid dockerd >>"$cache/dockerd.log" 2>&1 </dev/null 9>&- &
    engine=$!
fi
if ! wait_until_it_answers "$engine"; then
    echo "The Docker engine was started but does not answer. Its last words:" >&2
    tail -n 20 "$cache/dockerd.log" >&2 || journalctl -u docker -n 20 --no-pager >&2 || true
    exit 1
fi
