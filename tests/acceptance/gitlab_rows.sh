#!/usr/bin/env bash
# Holds the sandbox to GitLab's own facts: each row of gitlab_rows/rows/ is one precondition, request and answer.
#
#   bash tests/acceptance/gitlab_rows.sh [PODKEEPER [ROW…]]
#
# The rows say where GitLab's source has them; gitlab_rows/lies.csv lists those that the sandbox does not meet, and why.
set -euo pipefail
name=gitlab_rows
# shellcheck source=tests/acceptance/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
shift || true
rows() { PYTHONDONTWRITEBYTECODE=1 python3 "$here/gitlab_rows/gitlab_rows.py" "$@"; }

# refused WORDS FILE LINE: with this line behind a table, the tables are refused for what the words say.
refused() {
  local found
  rm -rf "$work/tables"
  mkdir -p "$work/tables"
  cp -r "$here/gitlab_rows/rows" "$here/gitlab_rows/lies.csv" "$work/tables/"
  printf '%s\n' "$3" >>"$work/tables/$2"
  found=$(rows --only-read --tables="$work/tables") && { echo "it was read"; return 1; }
  grep -qF "$1" <<<"$found" || { echo "$found"; return 1; }
}
given=rows/given.csv
check "the tables are read" rows --only-read
check "an id that is there already is refused" refused "is at" $given 'given-1,Free,owner,public,GET /user,200,,lib/api/users.rb'
check "a word that nobody prepares is refused" refused "no such word" $given 'x-1,Free,owner,public burnt,GET /user,200,,lib/api/users.rb'
check "a row without a source is refused" refused "no source" $given 'x-1,Free,owner,public,GET /user,200,,'
check "a fact that cannot be read is refused" refused "no clause" $given 'x-1,Free,owner,public,GET /user,200,id is 1,lib/api/users.rb'
check "somebody who is nobody is refused" refused "nobody" $given 'x-1,Free,captain,public,GET /user,200,,lib/api/users.rb'
check "a name that nothing has is refused" refused "nothing is called" $given 'x-1,Free,owner,public,GET /users/:ship,200,,lib/api/users.rb'
check "a lie about no row is refused" refused "lies.csv" lies.csv 'x-1,there is no such row at all in these tables'

box
# The rows count one by one; what is shown is what they differ in.
code=0
rows "$url" "$@" >"$work/rows.log" 2>&1 || code=$?
cat "$work/rows.log"
read -r good _ _ bad _ <<<"$(grep --extended-regexp '^[0-9]+ rows passed' "$work/rows.log" | tail -n 1)" || true
passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-1}))
all_found() { [ "$code" -eq 0 ] || grep -q ' 0 missed$' "$work/rows.log"; }
check "every expectation fails when it is changed" all_found
total
