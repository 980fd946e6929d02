#!/usr/bin/env bash
# GitBeaker, GitLab's client for JavaScript, against a sandbox: what it asks for has to be there, in the form that it
# expects.
#
#   bash tests/acceptance/gitbeaker.sh [PODKEEPER]
set -euo pipefail
name=gitbeaker
# shellcheck source=tests/acceptance/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

tool @gitbeaker/rest@43.8.0
box
# Node looks for a package from where the script stands.
cp "$here/gitbeaker.mjs" "$work/"
node "$work/gitbeaker.mjs" "$url"
