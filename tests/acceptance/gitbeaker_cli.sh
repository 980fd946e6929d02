#!/usr/bin/env bash
# GitBeaker's command line against a sandbox: what people type in a shell, one process for each command. It has no
# commands for notes and for a project's labels; gitbeaker.sh has the library do these.
#
#   bash tests/acceptance/gitbeaker_cli.sh [PODKEEPER]
set -euo pipefail
name=gitbeaker-cli
# shellcheck source=tests/acceptance/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

tool @gitbeaker/cli@43.8.0
box
node "$here/gitbeaker_cli.mjs" "$url" "$work/node_modules/.bin/gitbeaker"
