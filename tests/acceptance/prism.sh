#!/usr/bin/env bash
# Holds the requests of a whole `podkeeper apply` to GitLab's own OpenAPI document, by Prism.
#
#   bash tests/acceptance/prism.sh PODKEEPER OPENAPI
#
# The document is not ours to give away, so its path is named; without it there is nothing to hold the requests to.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: bash tests/acceptance/prism.sh PODKEEPER OPENAPI" >&2; exit 2; }
[ -f "$2" ] || { echo "missing: $2, GitLab's OpenAPI document" >&2; exit 2; }
published=$(realpath "$2")
name=prism
# shellcheck source=tests/acceptance/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

document=$work/openapi.json
tool @stoplight/prism-cli@5.14.2
ours() { python3 "$here/prism.py" "$@"; }
rm -f "$work"/*.jsonl "$work/targets.json"

# The front comes first, because the sandbox has to name it in its links.
start front http python3 "$here/prism.py" front "$work/targets.json" "$work/requests.jsonl"
front=$url
box --external-url "$front"
box=$url
check "the document is mended" ours patch "$published" "$document" "$box"
start prism "Prism is listening" "$work/node_modules/.bin/prism" proxy --errors -h 127.0.0.1 -p 0 "$document" "$box"
prism=$url
printf '{"prism": "%s", "box": "%s"}\n' "${prism#http://}" "${box#http://}" >"$work/targets.json"

# applied WRITES: a whole run, which has to end well and to have written so often.
applied() {
  "$podkeeper" apply --sandbox="$front" >"$work/apply.log" 2>&1 && grep -qw "$1 written" "$work/apply.log" ||
    { tail -n 40 "$work/apply.log"; return 1; }
}
# ask METHOD PATH [DATA]: one request through Prism; gives the status.
ask() {
  curl --silent --noproxy '*' --max-time 20 --output "$work/answer.json" --write-out '%{http_code}\n' \
    --header "PRIVATE-TOKEN: glpat-sandbox-api-no-secret" --request "$1" ${3:+--data "$3"} "$front/api/v4/$2"
}
# refused STATUS METHOD PATH [DATA]: such a request has to be refused by Prism, and by nobody behind it.
refused() {
  local wanted=$1 status
  shift
  status=$(ask "$@")
  [ "$status" = "$wanted" ] && grep -qF 'stoplight.io/prism/errors#' "$work/answer.json" ||
    { echo "$status instead of Prism's $wanted"; cat "$work/answer.json"; return 1; }
  echo "$status"
}

issues=projects/your-group%2Fsupport-pairing/issues
check "apply does its work through Prism" applied 8
check "a second one finds nothing to do" applied 0
# The create once more, as somebody would send it who does not look: the twin is linked to the first and closed.
first_create() { python3 -c 'import json, sys; print(next(c["body"] for c in map(json.loads, sys.stdin) if c["method"] == "POST"))'; }
ask POST "$issues" "$(first_create <"$work/requests.jsonl")" >"$work/status"
check "a third one links and closes a twin" applied 2
curl --silent --fail --noproxy '*' --max-time 20 --output /dev/null --data now=2026-12-01T06:00:00Z "$box/-/world/now"
check "a week later a fourth one opens the next session and closes the last" applied 6
check "no request was refused, and each names only what GitLab knows" ours judge "$document" "$work/requests.jsonl"

issues=projects/your-group%2Fsupport-pairing/issues
mv "$work/requests.jsonl" "$work/good.jsonl"
sabotaged() {
  local found
  found=$(ours judge "$document" "$work/requests.jsonl") && { echo "nothing was found wrong"; return 1; }
  tail -n 1 <<<"$found"
  grep -q ', 5 wrong$' <<<"$found"
}
check "an order that does not exist is refused" refused 422 GET "$issues?order_by=nonsense"
check "a state that does not exist is refused" refused 422 GET "$issues?state=bogus"
check "an issue without a title is refused" refused 422 POST "$issues" description=none
check "a path that does not exist is refused" refused 404 GET "${issues%sues}ues"
ask GET "$issues?labelz=x" >"$work/status"
check "and the count of wrong requests finds all of these and a misspelt filter" sabotaged
total
