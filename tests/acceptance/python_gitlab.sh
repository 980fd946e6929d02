#!/usr/bin/env bash
# Other people's suite against the sandbox: functional tests of python-gitlab, unchanged, with our fixtures.
#
#   bash tests/acceptance/python_gitlab.sh [PODKEEPER]      default: target/debug/podkeeper
#
# Their tests are fetched when this runs and stay under target/ci/. They talk to 127.0.0.1 only. The last line is
# `N passed, N failed`; the exit code is not 0 if one failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

PYTHON_GITLAB=8.6.0
PYTEST=9.2.0
SDIST_SHA256=d1602164fb58ab280ceef460faf015cec6e7d83bb2d9cbae44ba448adb5568ef

podkeeper=${1:-target/debug/podkeeper}
tools=target/ci/python-gitlab
python=$tools/venv/bin/python
run=$tools/run
log=$tools/box.log
mkdir -p "$tools"

# Somebody's own settings, a token among them, have no part in this.
for name in "${!PODKEEPER_@}" "${!GITLAB_@}" "${!PYTHON_GITLAB_@}"; do
  [ "$name" = PYTHON_GITLAB ] || unset "$name"
done

# --- what runs ----------------------------------------------------------------------------------------------------

# One line a test, in the order of their files: later tests read what earlier ones left.
wanted() {
  local file=$1
  shift
  for name in "$@"; do printf '%s::%s\n' "$file.py" "$name"; done
}
tests() {
  wanted test_issues test_create_issue test_issue_notes test_issue_labels test_issue_links test_issue_label_events \
    test_issue_weight_events test_issue_milestones test_issue_discussions
  wanted test_branches test_branch_name_with_period
  wanted test_epics test_epics test_epic_issues test_epic_notes
  wanted test_graphql test_query_returns_valid_response test_async_query_returns_valid_response
  wanted test_repository test_repository_files test_repository_tree test_create_commit test_list_all_commits
  wanted test_merge_requests test_merge_requests test_merge_requests_get test_merge_requests_get_lazy \
    test_merge_request_discussion test_merge_request_labels test_merge_request_milestone_events \
    test_merge_request_basic test_merge_request_rebase test_merge_request_merge \
    test_merge_request_should_remove_source_branch test_merge_request_large_commit_message
  wanted test_projects test_project_head test_create_project test_project_members test_project_forks \
    test_project_labels test_project_label_promotion test_project_milestones test_project_milestone_promotion
  wanted test_groups test_groups test_group_labels test_group_milestones test_group_subgroups_projects
  wanted test_users test_create_user test_block_user test_delete_user test_user_projects_list test_list_multiple_users
}

# --- what it needs ------------------------------------------------------------------------------------------------

if ! "$python" -c "import gitlab, gql, anyio, pytest, sys
sys.exit((gitlab.__version__, pytest.__version__) != ('$PYTHON_GITLAB', '$PYTEST'))" 2>/dev/null; then
  rm -rf "$tools/venv"
  python3 -m venv "$tools/venv"
  "$python" -m pip install --quiet --disable-pip-version-check \
    "python-gitlab[graphql]==$PYTHON_GITLAB" "pytest==$PYTEST" anyio
fi
sdist=$tools/sdist/python_gitlab-$PYTHON_GITLAB.tar.gz
if [ ! -f "$sdist" ]; then
  "$python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
    --dest "$tools/sdist" "python-gitlab==$PYTHON_GITLAB"
fi
printf '%s  %s\n' "$SDIST_SHA256" "$sdist" | sha256sum --check --quiet
tar --extract --gzip --file "$sdist" --directory "$tools/sdist"

rm -rf "$run"
mkdir -p "$run"
cp tests/acceptance/conftest.py "$run/"
for file in $(tests | sed 's/::.*//' | sort -u); do
  cp "$tools/sdist/python_gitlab-$PYTHON_GITLAB/tests/functional/api/$file" "$run/"
done

# --- the sandbox --------------------------------------------------------------------------------------------------

"$podkeeper" sandbox --listen 127.0.0.1:0 </dev/null >"$log" 2>&1 &
box=$!
trap 'kill "$box" 2>/dev/null || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
url() { grep --only-matching --max-count=1 'http://127\.0\.0\.1:[0-9]*' "$log" | head -n 1 | grep .; }
for _ in $(seq 100); do
  if url >/dev/null; then break; fi
  sleep 0.1
done
BOX_URL=$(url) || { echo "the box did not start:" >&2; cat "$log" >&2; exit 1; }
BOX_TOKEN=$("$python" -c "import json, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
print(json.load(opener.open(sys.argv[1] + '/-/sandbox'))['tokens']['admin'])" "$BOX_URL")
export BOX_URL BOX_TOKEN NO_PROXY=127.0.0.1 no_proxy=127.0.0.1

# --- the tests ----------------------------------------------------------------------------------------------------

code=0
# shellcheck disable=SC2046  # one word a test is what is wanted
(cd "$run" && "../venv/bin/python" -m pytest -p no:cacheprovider --verbose --tb=short --junitxml=result.xml \
  $(tests)) || code=$?
"$python" - "$run/result.xml" <<'PYTHON'
import sys
import xml.etree.ElementTree as tree

cases = list(tree.parse(sys.argv[1]).iter("testcase"))
failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
skipped = [case for case in cases if case.find("skipped") is not None]
for case in skipped:
    print("skipped:", case.get("name"))
print(f"{len(cases) - len(failed) - len(skipped)} passed, {len(failed) + len(skipped)} failed")
PYTHON
exit "$code"
