#!/usr/bin/env bash
# Runs everything that `make test` runs, and what it leaves out because it takes hours: the tests that are marked
# exhaustive (tests/support/exhaustive.py says how they are chosen), each supported Python, and the long hunt for
# MINUTES (60). Says first what it adds. Usage: scripts/test-all.sh
set -euo pipefail
cd "$(dirname "$0")/.."
export MINUTES="${MINUTES:-60}"

python="$(scripts/venv.sh test requirements/test.txt)"
echo "== beyond make test"
listed="$("$python" -m pytest --collect-only -q -m exhaustive)"
sed -n 's/^\(tests[^[]*\).*/\1/p' <<<"$listed" | uniq -c
echo "        in all, of all tests: $(tail -n 1 <<<"$listed")"
pythons=scripts/pythons.sh
[[ ! -x "$pythons" ]] || echo "        the tests that depend on Python, on each supported version: $pythons"
echo "        the tests of random examples (hypothesis) with 500 examples each in place of 40"
echo "        the hunt for faults that lose or mix up data, $MINUTES minutes: scripts/hunt.sh"

failed=()
scripts/test.sh -m "" --hypothesis-profile thorough || failed+=("make test with the exhaustive tests")
if [[ -x "$pythons" ]]; then
    echo "== every Python"
    "$pythons" || failed+=("every Python")
fi
echo "== hunt"
scripts/hunt.sh || failed+=(hunt)

((${#failed[@]} == 0)) || printf 'Failed, see above: %s\n' "${failed[@]}"
((${#failed[@]} == 0))
