#!/usr/bin/env bash
# The pictures of README.md, taken of the sandbox's pages.
#
#   bash docs/images/make.sh PODKEEPER
#
# It needs chromium and curl. The sandbox's time stands still, so that the same program makes the same pictures.
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

log=$(mktemp)
"$program" sandbox --listen 127.0.0.1:0 --now 2026-11-24T06:00:00Z </dev/null >"$log" 2>&1 &
sandbox=$!
trap 'kill "$sandbox"; rm -f "$log"' EXIT
for _ in $(seq 100); do
  if url=$(grep --only-matching --max-count=1 'http://127\.0\.0\.1:[0-9]*' "$log"); then break; fi
  sleep 0.1
done
# The addresses of what it opened: the pairing issue first, the link report last.
mapfile -t issues < <("$program" apply --sandbox="$url" --quiet | grep --only-matching "$url/[^ ]*/issues/[0-9]*")

# picture NAME ADDRESS HEIGHT
picture() {
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
    --window-size="860,$3" --screenshot="docs/images/$1.png" "$2" 2>/dev/null
  ls -l "docs/images/$1.png"
}

picture pairing-issue "${issues[0]}" 760
picture link-report "${issues[-1]}" 760
