#!/usr/bin/env bash
# Tests the chart in a real cluster: the one that KUBECONFIG names, else one of kind's, else one that is built and started
# here and gone at the end. Further arguments are pytest's. Usage: scripts/cluster.sh [ARGUMENT…]
set -euo pipefail
cd "$(dirname "$0")/.."

python="$(scripts/venv.sh test requirements/test.txt)"
scripts/docker.sh
# Whatever takes minutes the first time is made before the tests, whose time is limited.
"$python" -m tests.support.images postgres:17 versitygw:1.8 helm:3.22
"$python" -m tests.support.images.sidecar django-rclone
if [[ -z "${KUBECONFIG:-}" ]] && ! command -v kind >/dev/null; then
    echo "No cluster is named by KUBECONFIG and kind is not installed: Kubernetes is built from its sources." >&2
    "$python" -m tests.support.images.kubernetes >&2
fi

"$python" -m pytest -v -p no:cacheprovider tests/cluster "$@"
