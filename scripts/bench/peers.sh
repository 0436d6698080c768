#!/usr/bin/env bash
# Measures sregistry-shell beside rclone, swift and the floor (curl and md5sum), one after the other on
# the same files and the same server, and prints one table with ratios.
#
#   scripts/bench/peers.sh             against the embedded endpoint, in memory where there is room
#   scripts/bench/peers.sh --server    against the server that SREGISTRY_SWIFT_* name (without the
#                                      million objects, which only the embedded endpoint can fake)
#
# SIZE_MIB=1024 IMAGES=1000 OBJECTS=1000000 LATENCY=20ms change what is measured; PARTS="large small many"
# chooses. CPU is user + system time of the client's process; RSS its peak.
set -euo pipefail
cd "$(dirname "$0")/../.."

size=${SIZE_MIB:-1024} images=${IMAGES:-1000} objects=${OBJECTS:-1000000} latency=${LATENCY:-20ms}
parts=${PARTS:-large small many}
export LC_ALL=C.UTF-8 no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

missing=()
for p in rclone python3-swiftclient curl time; do
  dpkg-query -Wf '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
done
[ ${#missing[@]} = 0 ] || apt-get install -y --no-install-recommends "${missing[@]}" >&2

where=${TMPDIR:-/tmp}
if [ "$(df -m --output=avail /dev/shm 2>/dev/null | tail -1)" -gt $((size * 5)) ]; then where=/dev/shm; fi
dir=$(mktemp -d "$where/sregistry-bench.XXXXXX")
pids=()
end() {
  local p
  for p in "${pids[@]}"; do if kill "$p" 2>/dev/null; then wait "$p" 2>/dev/null || true; fi; done
  rm -rf "$dir"
}
trap end EXIT
trap 'exit 1' INT TERM

ours=$dir/sregistry-shell
go build -o "$ours" ./cmd/sregistry-shell
go build -o "$dir/latency" ./scripts/bench/latency
go build -o "$dir/fill" ./scripts/bench/fill

# line FILE: the first line that comes into it.
line() { until [ -s "$1" ]; do sleep 0.1; done; head -1 "$1"; }

serve() {
  : >"$dir/exports"
  "$ours" serve --addr 127.0.0.1:0 --data "$dir/data" >"$dir/exports" 2>/dev/null &
  pids+=($!) server=$!
  until [ "$(wc -l <"$dir/exports")" -ge 3 ]; do sleep 0.1; done
  # shellcheck disable=SC1091
  . "$dir/exports"
}

embedded=yes
if [ "${1:-}" = --server ]; then
  embedded=no
  : "${SREGISTRY_SWIFT_USER:?}" "${SREGISTRY_SWIFT_TOKEN:?}" "${SREGISTRY_SWIFT_URL:?}"
else
  serve
fi

# peers: where rclone, swift and curl go, as sregistry-shell does.
peers() {
  export RCLONE_CONFIG=/dev/null RCLONE_CONFIG_S_TYPE=swift RCLONE_CONFIG_S_USER=$SREGISTRY_SWIFT_USER \
    RCLONE_CONFIG_S_KEY=$SREGISTRY_SWIFT_TOKEN RCLONE_CONFIG_S_AUTH=$SREGISTRY_SWIFT_URL/auth/v1.0 RCLONE_CONFIG_S_AUTH_VERSION=1
  export ST_AUTH=$RCLONE_CONFIG_S_AUTH ST_USER=$SREGISTRY_SWIFT_USER ST_KEY=$SREGISTRY_SWIFT_TOKEN
  local answer
  answer=$(curl -sfi -H "X-Auth-User: $ST_USER" -H "X-Auth-Key: $ST_KEY" "$ST_AUTH" | tr -d '\r')
  token=$(sed -n 's/^x-auth-token: //Ip' <<<"$answer") storage=$(sed -n 's/^x-storage-url: //Ip' <<<"$answer")
}

# run LABEL COMMAND...: runs it and adds a row: label, wall s, CPU s, peak RSS MiB.
rows=$dir/rows
run() {
  local label=$1
  shift
  if ! /usr/bin/time -o "$dir/time" -f '%e %U %S %M' "$@" >"$dir/out" 2>&1; then
    echo "failed: $label: $*" >&2
    tail -5 "$dir/out" >&2
    exit 1
  fi
  tail -1 "$dir/time" | awk -v l="$label" '{printf "%s|%.2f|%.2f|%.1f\n", l, $1, $2 + $3, $4 / 1024}' >>"$rows"
}

# table TITLE: the rows so far, each with its ratio to the first, which is ours.
table() {
  printf '\n%s\n%-34s %8s %7s %8s %7s %9s\n' "$1" "" "wall s" ratio "CPU s" ratio "RSS MiB"
  awk -F'|' 'NR == 1 { w = $2; c = $3 }
    { printf "%-34s %8.2f %7.2f %8.2f %7.2f %9.1f\n", $1, $2, w / ($2 ? $2 : 0.01), $3, c / ($3 ? $3 : 0.01), $4 }' "$rows"
  : >"$rows"
}

large() {
  local f=$dir/large.sif
  head -c "${size}M" /dev/urandom >"$f"
  peers
  run "sregistry-shell push" "$ours" -q push --name bench/ours "$f"
  run "rclone copyto" rclone copyto "$f" s:bench/rclone.sif
  run "swift upload" swift upload -q --object-name swift.sif bench "$f"
  run "curl -T; md5sum" sh -c "curl -sf -H 'X-Auth-Token: $token' -T '$f' '$storage/bench/curl.sif' && md5sum '$f'"
  table "push of $size MiB (ratio: ours to theirs)"
  run "sregistry-shell pull" "$ours" -q pull --no-cache --name "$dir/ours.sif" bench/ours
  cmp "$f" "$dir/ours.sif"
  rm "$dir/ours.sif"
  run "rclone copyto" rclone copyto s:bench/rclone.sif "$dir/rclone.sif"
  rm "$dir/rclone.sif"
  run "swift download" swift download -q -o "$dir/swift.sif" bench swift.sif
  rm "$dir/swift.sif"
  run "curl -o; md5sum" sh -c "curl -sf -H 'X-Auth-Token: $token' -o '$dir/curl.sif' '$storage/bench/curl.sif' && md5sum '$dir/curl.sif'"
  rm "$dir/curl.sif" "$f"
  table "pull of $size MiB, verified (ratio: ours to theirs)"
  for o in rclone swift curl; do curl -sf -X DELETE -H "X-Auth-Token: $token" "$storage/bench/$o.sif"; done
  "$ours" -q delete --yes bench/ours >/dev/null 2>&1 || "$ours" -q delete bench/ours
}

small() {
  local far url=$SREGISTRY_SWIFT_URL
  mkdir -p "$dir/images"
  head -c "$((images * 65536))" /dev/urandom | split -b 65536 -a 5 -d --additional-suffix=.sif - "$dir/images/image"
  "$dir/latency" -to "$url" -wait "$latency" >"$dir/far" &
  pids+=($!)
  far=$(line "$dir/far")
  SREGISTRY_SWIFT_URL=$far peers
  count() { curl -sf "$far/requests-so-far"; }
  count >/dev/null
  # shellcheck disable=SC2016 # Lua
  run "sregistry-shell, jobs=32" env SREGISTRY_SWIFT_URL="$far" "$ours" -q -e 'local l = {}
    for file in fs.walk(arg[1]) do l[#l + 1] = {file, "bench-ours/" .. path.base(file):gsub(".sif$", "")} end
    client.push(l, {jobs=32})' run - "$dir/images" </dev/null
  requests="requests: sregistry-shell $(count)"
  run "rclone copy --transfers 32" rclone copy --transfers 32 "$dir/images" s:bench-rclone
  requests+=", rclone $(count)"
  table "$images images of 64 KiB, $latency a request (ratio: ours to theirs)"
  echo "$requests"
  count >/dev/null
  run "sregistry-shell run sync.lua" env SREGISTRY_SWIFT_URL="$far" "$ours" -q run sync.lua "$dir/images" bench-ours
  requests="requests: sregistry-shell $(count)"
  run "rclone copy --transfers 32" rclone copy --transfers 32 "$dir/images" s:bench-rclone
  requests+=", rclone $(count)"
  table "the same again, unchanged (ratio: ours to theirs)"
  echo "$requests"
  kill "${pids[-1]}"
  peers
  rclone purge s:bench-rclone
  rclone purge s:bench-ours
  rm -r "$dir/images"
}

many() {
  if [ $embedded = no ]; then return; fi
  kill "$server"
  wait "$server" || true
  "$dir/fill" -data "$dir/data" -collection many -n "$objects"
  serve
  peers
  run "client.each" "$ours" -q -e 'local n = 0 for image in client.each("many/") do n = n + 1 end print(n)'
  grep -qx "$objects" "$dir/out" || { echo "client.each saw $(cat "$dir/out")" >&2; exit 1; }
  run "rclone lsf" rclone lsf s:many
  table "$objects objects (ratio: ours to theirs)"
}

: >"$rows"
for part in $parts; do $part; done
