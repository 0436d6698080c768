#!/bin/bash
# registry.sh BINARY: the scripts that ship with the shell do their work on the server that the environment names.
#
# Everything happens in a collection of its own, which is gone at the end.

set -euo pipefail

[ $# = 1 ] || { echo "usage: $0 BINARY" >&2; exit 2; }
shell=$(realpath "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/sregistry-shell-registry.XXXXXX")
collection=registry-$$-$RANDOM
export HOME=$work/home SREGISTRY_DISABLE=yes
mkdir "$HOME"
cd "$work"

clean() {
  "$shell" -e "for image in client.each('$collection/') do client.delete(image) end" >>clean.log 2>&1 || true
  rm -rf "$work"
}
trap clean EXIT

checks=0
# says TEXT COMMAND...: the command succeeds, and its output has a line that matches.
says() {
  local want=$1 got
  shift
  got=$("$@" 2>&1) || { echo "failed ($?): $*: $got" >&2; exit 1; }
  grep -qE -- "$want" <<<"$got" || { printf '%s\nsays\n%s\nand not %s\n' "$*" "$got" "$want" >&2; exit 1; }
  checks=$((checks + 1))
}
# silent COMMAND...: the command succeeds and says nothing.
silent() {
  local got
  got=$("$@" 2>&1) || { echo "failed ($?): $*: $got" >&2; exit 1; }
  [ -z "$got" ] || { printf '%s\nsays\n%s\n' "$*" "$got" >&2; exit 1; }
  checks=$((checks + 1))
}

# exits STATUS COMMAND...: it ends so.
exits() {
  local want=$1 code=0
  shift
  "$@" >out 2>&1 || code=$?
  [ $code = "$want" ] || { printf '%s\nexits with %d, not %d: %s\n' "$*" $code "$want" "$(<out)" >&2; exit 1; }
  checks=$((checks + 1))
}

mkdir -p images/tools
for v in 1.9 1.10 2.0; do head -c 70000 /dev/urandom >"images/tools/x:$v.sif"; done
head -c 300000 /dev/urandom >images/ubuntu.sif

says '"moved":4,"same":0' "$shell" run sync images "$collection" --json
says '"moved":0,"same":4' "$shell" run sync images "$collection" --json
says '"deleted":0,"moved":0,"same":4' "$shell" run sync ./images/ "$collection/" --delete --json
silent "$shell" run sync back "$collection" --pull
cmp images/ubuntu.sif back/ubuntu-latest.sif
says '"right":4' "$shell" run audit "$collection" --json --state seen
says '"known":4,"right":0' "$shell" run audit "$collection" --json --state seen
says '"known":4,"right":0' "$shell" run audit "$collection" --json --state seen --jobs 8
says "^4 images, 510.0 kB, in 1 collections" "$shell" run report "$collection"
says '"images":4' "$shell" run report "$collection" --json
silent "$shell" run report "$collection" --html page.html
grep -q '<svg ' page.html
says '"copied":4,"same":0' "$shell" run mirror --to ./copy "$collection/*" --json
says '"copied":0,"same":4' "$shell" run mirror --to ./copy "$collection/*" --json
says '"right":4' "$shell" --embedded=copy run audit --json
says "would delete $collection/tools/x:1.9 " "$shell" run prune "$collection" --keep 2
says "deleted $collection/tools/x:1.9 " "$shell" --verbose run prune "$collection" --keep 2 --yes
silent "$shell" run prune "$collection" --keep 2 --yes
for script in audit mirror prune report sync; do
  says "^usage: sregistry-shell run $script.lua" "$shell" run $script --help
  exits 2 "$shell" run $script --wrong
done
exits 3 "$shell" run audit "$collection-none"
exits 3 "$shell" run mirror --to ./none "$collection-none/*"
exits 3 "$shell" run prune "$collection-none" --keep 1
exits 3 "$shell" run report "$collection-none"
exits 3 "$shell" run sync no "$collection-none" --pull
[ "$("$shell" run sync images "$collection" --dry-run 2>&1 | grep -c '^would store')" = 1 ]
rm back/ubuntu-latest.sif back/tools/x-1.9.sif
says '"deleted":1,"moved":0,"same":2' "$shell" run sync back "$collection" --delete --json
echo "$checks checks of the scripts hold"
