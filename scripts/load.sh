#!/bin/bash
# load.sh PROGRAM [PART...]
#
# What many do at once, and what is large, against the embedded endpoint in a folder on disk: all parts, or those that are
# named. Prints what each cost, and exits 1 when a bound does not hold.
#
#   pull     500 processes pull one image by the same line; who does it is killed at 40 %
#   library  64 processes add an image each to one local library
#   sync     10,000 images pushed by one sync, which finds them unchanged the next time
#   many     a million objects are gone through
#   huge     a sparse file of 10 GiB is pushed and pulled
#
# PROCESSES=500 IMAGES=10000 OBJECTS=1000000 HUGE_MIB=10240 change how much. What is large or endless has 48 MiB of memory,
# a sync, which holds what it compares, 128.
# Needs /usr/bin/time, Go for the million objects, and room for the huge file, twice.

set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
program=$(realpath "$1")
shift
parts=("$@")
[ $# -gt 0 ] || parts=(pull library sync many huge)
processes=${PROCESSES:-500} images=${IMAGES:-10000} objects=${OBJECTS:-1000000} huge=${HUGE_MIB:-10240}
unset "${!SREGISTRY_@}" "${!OS_@}" "${!ST_@}" XDG_CACHE_HOME XDG_CONFIG_HOME XDG_STATE_HOME

work=$(mktemp -d "${TMPDIR:-/tmp}/sregistry-shell-load.XXXXXX")
server=''
# Fixed here, because the program gets another HOME.
GOPATH=$(go env GOPATH) GOCACHE=$(go env GOCACHE) GOMODCACHE=$(go env GOMODCACHE)
export GOPATH GOCACHE GOMODCACHE HOME=$work/home
mkdir "$HOME"
finish() {
  local code=$?
  trap - EXIT
  [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>"$work/end" || true
  rm -rf "$work"
  exit $code
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

wrong() {
  printf 'load.sh: %s\n' "$*" >&2
  exit 1
}

# serve: from here on the program uses the endpoint.
serve() {
  : >"$work/env"
  "$program" serve --debug --addr 127.0.0.1:0 --data "$work/data" >"$work/env" 2>"$work/requests" &
  server=$!
  until [ "$(wc -l <"$work/env")" -ge 3 ]; do
    kill -0 $server || wrong "serve ends: $(<"$work/requests")"
    sleep 0.05
  done
  # shellcheck source=/dev/null
  . "$work/env"
}

# costs TITLE MIB COMMAND...: it succeeds within that memory; out keeps what it says.
costs() {
  local title=$1 most=$2 wall rss
  shift 2
  /usr/bin/time -o "$work/time" -f '%e %M' "$@" >"$work/out" || wrong "$title: exit $?"
  read -r wall rss <"$work/time"
  printf '%s: %s s, %d MiB\n' "$title" "$wall" $((rss / 1024))
  [ "$rss" -le $((most * 1024)) ] || wrong "$title: $((rss / 1024)) MiB, not $most"
}
# requests PATTERN: how many lines of the endpoint's log match.
requests() { grep -cE "$1" "$work/requests" || true; }

pull() {
  local i n holder='' code failed=0 ranges started=$SECONDS pids=()
  head -c 536870912 /dev/urandom >"$work/big.sif"
  "$program" push --name lab/big "$work/big.sif"
  ranges=$((536870912 / 16777216))
  : >"$work/requests"
  rm -r "$HOME/.cache"
  mkdir "$work/scratch" "$work/told"
  cd "$work/scratch"
  for ((i = 0; i < processes; i++)); do
    SREGISTRY_DISABLE=yes "$program" --debug --bwlimit 40M pull --name big.sif lab/big 2>"../told/$i" &
    pids+=($!)
  done
  until [ -n "$holder" ]; do
    [ $((SECONDS - started)) -lt 900 ] || wrong 'nobody has pulled 40 %'
    while IFS=: read -r i n; do
      [ "$n" -lt $((ranges * 4 / 10)) ] || holder=${i##*/}
    done < <(grep -cE 'GET .*/big-latest.sif bytes' -r ../told)
  done
  kill -9 "${pids[holder]}"
  for i in "${!pids[@]}"; do
    code=0
    wait "${pids[i]}" 2>../end || code=$?
    if [ $code != 0 ]; then
      failed=$((failed + 1))
      [ "$i" = "$holder" ] || { tail -n 3 "../told/$i" >&2; wrong "process $i: exit $code"; }
    fi
  done
  cd "$OLDPWD"
  [ $failed = 1 ] || wrong 'the one that was killed had ended before'
  cmp "$work/big.sif" "$work/scratch/big.sif"
  [ "$(ls -A "$work/scratch")" = big.sif ] || wrong "there is left: $(ls -A "$work/scratch")"
  printf '%d processes pull one image, one is killed at 40 %%: %d s, %d sign-ins, %d ranges of %d\n' "$processes" $((SECONDS - started)) \
    "$(requests '/auth/v1.0')" "$(requests 'GET .*/big-latest.sif')" $ranges
  [ "$(requests '/auth/v1.0')" -le 2 ] || wrong 'too many sign-ins'
  [ "$(requests 'GET .*/big-latest.sif')" -le $((ranges + 8)) ] || wrong 'more is fetched again than was on its way'
  rm -r "$work/scratch" "$work/told" "$work/big.sif"
  "$program" delete lab/big
}

library() {
  local i started=$SECONDS pids=()
  mkdir "$work/add"
  for ((i = 0; i < 64; i++)); do echo "$i" >"$work/add/$i.sif"; done
  for ((i = 0; i < 64; i++)); do
    "$program" add --name "lab/x$i" "$work/add/$i.sif" &
    pids+=($!)
  done >"$work/out" 2>"$work/err"
  for i in "${pids[@]}"; do wait "$i" || wrong "add: $(<"$work/err")"; done
  [ ! -s "$work/err" ] || wrong "add says $(<"$work/err")"
  for ((i = 0; i < 64; i++)); do cmp "$("$program" get "lab/x$i")" "$work/add/$i.sif"; done
  printf '64 processes add to one library: %d s\n' $((SECONDS - started))
  rm -r "$work/add"
}

sync() {
  local i
  mkdir "$work/images"
  for ((i = 0; i < images; i++)); do echo "hsqs $i" >"$work/images/image$i.sif"; done
  costs "$images images in one sync" 128 "$program" run sync "$work/images" images --json
  grep -q "\"moved\":$images,\"same\":0" "$work/out" || wrong "sync says $(<"$work/out")"
  : >"$work/requests"
  costs "the same again, unchanged" 128 "$program" run sync "$work/images" images --json
  grep -q "\"moved\":0,\"same\":$images" "$work/out" || wrong "sync says $(<"$work/out")"
  [ "$(requests 'HTTP|GET|HEAD|PUT')" -le 10 ] || wrong "it took $(requests .) requests"
  rm -r "$work/images"
}

# ticks: how much CPU the endpoint took, in hundredths of a second; peak: the most memory, in KiB.
ticks() { awk '{print $14 + $15}' "/proc/$server/stat"; }
peak() { awk '/^VmHWM/ {print $2}' "/proc/$server/status"; }

many() {
  local before held took grew
  kill "$server"
  wait "$server" || true
  go run ./scripts/bench/fill -data "$work/data" -collection many -n "$objects"
  serve
  before=$(ticks) held=$(peak)
  costs "$objects objects" 48 "$program" -e 'local n = 0 for image in client.each("many/") do n = n + 1 end print(n)'
  [ "$(<"$work/out")" = "$objects" ] || wrong "it saw $(<"$work/out") objects"
  took=$(($(ticks) - before)) grew=$(($(peak) - held))
  printf 'the endpoint listed them: %d.%02d s of CPU, %d MiB more\n' $((took / 100)) $((took % 100)) $((grew / 1024))
  # A second for 100,000 names, and what a page takes, however many there are.
  [ $took -le $((objects / 1000)) ] || wrong 'the endpoint takes too long to list'
  [ $grew -le 65536 ] || wrong 'the endpoint holds what it lists'
}

huge() {
  truncate -s "${huge}M" "$work/huge.sif"
  printf 'the end' | dd of="$work/huge.sif" bs=1 seek=$((huge * 1048576 - 7)) conv=notrunc status=none
  costs "push of $huge MiB" 48 "$program" push --name lab/huge "$work/huge.sif"
  costs "pull of $huge MiB" 48 "$program" pull --no-cache --name "$work/back.sif" lab/huge
  [ "$(stat -c %s "$work/back.sif")" = $((huge * 1048576)) ] || wrong 'it is another size'
  [ "$(tail -c 7 "$work/back.sif")" = 'the end' ] || wrong 'it ends otherwise'
  rm "$work/huge.sif" "$work/back.sif"
}

serve
for part in "${parts[@]}"; do $part; done
