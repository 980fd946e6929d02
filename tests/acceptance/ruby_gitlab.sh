#!/usr/bin/env bash
# ruby-gitlab, GitLab's client for Ruby, against a sandbox: it sends forms and follows the links from page to page.
#
#   bash tests/acceptance/ruby_gitlab.sh [PODKEEPER]
set -euo pipefail
name=ruby-gitlab
# shellcheck source=tests/acceptance/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

need ruby-gitlab ruby-gitlab
box
ruby -W1 "$here/ruby_gitlab.rb" "$url"
