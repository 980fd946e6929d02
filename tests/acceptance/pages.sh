#!/usr/bin/env bash
# The sandbox's pages in headless Chromium, after podkeeper has worked in it: what they show, at which widths, and that
# nothing in them runs or reaches out. Pictures of them are left under target/ci/pages/.
#
#   bash tests/acceptance/pages.sh [PODKEEPER]
set -euo pipefail
name=pages
# shellcheck source=tests/acceptance/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

chromium=/usr/bin/chromium
if [ ! -x "$chromium" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing chromium, because it is missing"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-dejavu-core >/dev/null
fi
[ -x "$chromium" ] || { echo "missing: $chromium (Debian package chromium)"; exit 1; }

tool playwright-core@1.65.1
box
"$podkeeper" apply --sandbox="$url" >"$work/apply.log" 2>&1 || { tail -n 20 "$work/apply.log"; exit 1; }
rm -rf "$work/profile" "$work"/*.png
# Node looks for a package from where the script stands.
cp "$here/pages.mjs" "$work/"
node "$work/pages.mjs" "$url" "$chromium" "$work"
