#!/bin/bash
# fuzz.sh TIME [PACKAGE...]: fuzzes every target of the packages (all of them, without any) for that
# long each, as 10s or 5m. What fails is written below the package's testdata/fuzz: mend it and commit
# both.

set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:?how long each target runs, as 10s or 5m}
shift
[ $# -gt 0 ] || set -- ./...

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# over: that go test failed tells of no input, only that the time was over, which it takes for a failure when
# its own goroutines hear of that in the wrong order.
over() { grep -qx ' *context deadline exceeded' "$log" && ! grep -qE 'Failing input|panic|hung' "$log"; }

found=0
while read -r package target; do
  found=$((found + 1))
  echo "$package $target"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 5s "$package" >"$log" 2>&1 </dev/null || over || {
    tail -n 40 "$log" >&2
    exit 1
  }
  grep '^fuzz: elapsed' "$log" | tail -n 1 || true
done < <(grep -rlE '^func Fuzz' --include=*_test.go . | xargs -n 1 dirname | sort -u | while read -r dir; do
  go list "$@" | grep -qxF "$(go list "$dir")" || continue
  grep -hoE '^func Fuzz[A-Za-z0-9]*' "$dir"/*_test.go | sed "s|^func |$dir |"
done)
[ $found -gt 0 ] || { echo "there is nothing to fuzz" >&2; exit 1; }
