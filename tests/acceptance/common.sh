# What the parts share: sourced, not run. Each part needs `name` before it sources this.
#
# A part is called with the path of a podkeeper binary, keeps its files under target/ci/, and ends with the line
# `N passed, N failed`. Whatever it starts it ends by its number.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
podkeeper=$(realpath "${1:-$root/target/debug/podkeeper}")
tools=$root/target/ci
work=$tools/$name
NOW=2026-11-24T06:00:00Z
mkdir -p "$work"
cd "$root"
[ -x "$podkeeper" ] || { echo "missing: $podkeeper; give the path of a podkeeper binary"; exit 1; }
# Somebody's own settings, a token among them, have no part in this; and a proxy none in what stays on this machine.
for variable in "${!PODKEEPER_@}" "${!GITLAB_@}" "${!GITBEAKER_@}"; do unset "$variable"; done
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1

# need COMMAND PACKAGE: a package of Debian, unless its command is there; or it is named.
need() {
  if command -v "$1" >/dev/null; then return; fi
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "installing $2, because $1 is missing"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null
  fi
  command -v "$1" >/dev/null || { echo "missing: $1 (Debian package $2)"; return 1; }
}
# tool PACKAGE@VERSION: a package of npm, into the folder of this part, unless it is there.
tool() {
  local version=${1##*@} package=${1%@*}
  if ! grep -qsF "\"version\": \"$version\"" "$work/node_modules/$package/package.json"; then
    command -v npm >/dev/null || { echo "missing: npm with Node 20"; return 1; }
    npm install --prefix "$work" --no-save --ignore-scripts --no-audit --no-fund --loglevel=error "$1" </dev/null
  fi
}

pids=()
# start LOG WORDS COMMAND…: runs it beside this script until the script ends, and waits for the line with these words,
# which says where it listens: $url.
start() {
  local log=$work/$1.log words=$2
  shift 2
  "$@" </dev/null >"$log" 2>&1 &
  pids+=($!)
  for _ in $(seq 300); do
    # The last address of the line: a sandbox that goes by another one says its own after that.
    url=$(grep --max-count=1 "$words" "$log" | grep --only-matching 'http://127\.0\.0\.1:[0-9]*' | tail -n 1) || true
    if [ -n "$url" ]; then return; fi
    sleep 0.1
  done
  echo "does not listen: $*"
  tail -n 20 "$log"
  return 1
}
# box OPTION…: a sandbox GitLab, whose time stands still.
box() { start box "A sandbox GitLab" "$podkeeper" sandbox --listen 127.0.0.1:0 --now "$NOW" "$@"; }
stop() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; }
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

passed=0 failed=0
# check SENTENCE COMMAND…: one numbered line. What the command says is shown when it fails.
check() {
  local sentence=$1 said
  shift
  if said=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok $((passed + failed)) - $sentence${said:+ ($(tail -n 1 <<<"$said"))}"
  else
    failed=$((failed + 1))
    echo "not ok $((passed + failed)) - $sentence"
    head -n 40 <<<"$said" | sed 's/^/    /'
  fi
}
total() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
