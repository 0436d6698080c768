#!/bin/bash
# fuzz.sh TIME [PACKAGE...]: fuzzes every target of the packages (all of them, without any) for that
# long each, as 10s or 5m. What fails is written below the package's testdata/fuzz: mend it and commit
# both.

set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:?how long each target runs, as 10s or 5m}
shift
[ $# -gt 0 ] || set -- ./...

found=0
while read -r package target; do
  found=$((found + 1))
  echo "$package $target"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 5s "$package" >"${TMPDIR:-/tmp}/fuzz.$$" 2>&1 </dev/null || {
    tail -n 40 "${TMPDIR:-/tmp}/fuzz.$$" >&2
    exit 1
  }
  tail -n 4 "${TMPDIR:-/tmp}/fuzz.$$" | grep '^fuzz: elapsed' | tail -n 1 || true
  rm -f "${TMPDIR:-/tmp}/fuzz.$$"
done < <(grep -rlE '^func Fuzz' --include=*_test.go . | xargs -n 1 dirname | sort -u | while read -r dir; do
  go list "$@" | grep -qxF "$(go list "$dir")" || continue
  grep -hoE '^func Fuzz[A-Za-z0-9]*' "$dir"/*_test.go | sed "s|^func |$dir |"
done)
[ $found -gt 0 ] || { echo "there is nothing to fuzz" >&2; exit 1; }
