#!/usr/bin/env bash
# Other people's clients and suites against our sandbox.
#
#   bash tests/acceptance/run.sh [PODKEEPER]
#
# Runs every part, also after one has failed, and prints the sum of their counts last. `prism.sh` is no part of it: it
# needs a document that is not here.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
podkeeper=$(realpath "${1:-$here/../../target/debug/podkeeper}")
log=$here/../../target/ci/part.log
mkdir -p "$(dirname "$log")"

passed=0 failed=0
for part in gitlab_rows python_gitlab ruby_gitlab perl_gitlab gitbeaker gitbeaker_cli pages; do
  printf '%s\n' "--- $part"
  code=0
  bash "$here/$part.sh" "$podkeeper" </dev/null 2>&1 | tee "$log" || code=$?
  counts=$(grep --only-matching --extended-regexp '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1) || true
  read -r good _ bad _ <<<"${counts:-0 passed, 0 failed}"
  # A part that broke off before its count, or that failed without counting a failure, is one failure.
  if [ -z "$counts" ] || { [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; }; then bad=$((bad + 1)); fi
  passed=$((passed + good)) failed=$((failed + bad))
done
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
