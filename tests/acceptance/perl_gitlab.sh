#!/usr/bin/env bash
# GitLab::API::v4, GitLab's client for Perl, against a sandbox: it sends JSON, and reads lists by their page numbers.
#
#   bash tests/acceptance/perl_gitlab.sh [PODKEEPER]
set -euo pipefail
name=perl-gitlab
# shellcheck source=tests/acceptance/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

need gitlab-api-v4 libgitlab-api-v4-perl
box
perl "$here/perl_gitlab.pl" "$url"
