#!/usr/bin/env bash
# Measures sregistry-shell beside rclone, swift and the floor (curl and md5sum), one after the other on
# the same files and the same server, and prints one table with ratios.
#
#   scripts/bench/peers.sh             against the embedded endpoint, in memory where there is room
#   scripts/bench/peers.sh --server    against the server that SREGISTRY_SWIFT_* name (without the
#                                      million objects, which only the embedded endpoint can fake)
#
# SIZE_MIB=1024 IMAGES=1000 OBJECTS=1000000 LATENCY=20ms change what is measured; PARTS="large small many"
# chooses. The part huge, which has to be asked for, is about memory: HUGE_MIB=10240 of a sparse file, there
# and back, on the disk of TMPDIR. CPU is user + system time of the client's process; RSS its peak. Each
# client runs RUNS=3 times, in another order each time, and the medians are compared: who runs first finds
# memory that nobody has touched yet, and other work on the machine comes and goes.
set -euo pipefail
cd "$(dirname "$0")/../.."

size=${SIZE_MIB:-1024} images=${IMAGES:-1000} objects=${OBJECTS:-1000000} latency=${LATENCY:-20ms}
parts=${PARTS:-large small many} runs=${RUNS:-3} huge=${HUGE_MIB:-10240}
export LC_ALL=C.UTF-8 no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

missing=()
for p in rclone python3-swiftclient curl time; do
  dpkg-query -Wf '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
done
[ ${#missing[@]} = 0 ] || apt-get install -y --no-install-recommends "${missing[@]}" >&2

where=${TMPDIR:-/tmp}
if [ "$(df -m --output=avail /dev/shm 2>/dev/null | tail -1)" -gt $((size * 5)) ]; then where=/dev/shm; fi
dir=$(mktemp -d "$where/sregistry-bench.XXXXXX")
dirs=("$dir") pids=()
end() {
  local p
  for p in "${pids[@]}"; do if kill "$p" 2>/dev/null; then wait "$p" 2>/dev/null || true; fi; done
  rm -rf "${dirs[@]}"
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

# table TITLE: the medians of the rows so far, each with its ratio to the first, which is ours.
table() {
  printf '\n%s\n%-34s %8s %7s %8s %7s %9s\n' "$1" "" "wall s" ratio "CPU s" ratio "RSS MiB"
  awk -F'|' '
    function median(column, label,   n, i, j, v, t) {
      n = split(values[label, column], v, " ")
      for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j] + 0 < v[j - 1] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
      return v[int((n + 1) / 2)]
    }
    !($1 in seen) { seen[$1] = 1; labels[++count] = $1 }
    { for (i = 2; i <= 4; i++) values[$1, i] = values[$1, i] " " $i }
    END {
      for (i = 1; i <= count; i++) if (labels[i] ~ /^(sregistry-shell|client)/) { w = median(2, labels[i]); c = median(3, labels[i]) }
      for (first = 1; first >= 0; first--) for (i = 1; i <= count; i++) if ((labels[i] ~ /^(sregistry-shell|client)/) == first) {
        l = labels[i]; lw = median(2, l); lc = median(3, l)
        printf "%-34s %8.2f %7.2f %8.2f %7.2f %9.1f\n", l, lw, w / (lw > 0 ? lw : 0.01), lc, c / (lc > 0 ? lc : 0.01), median(4, l)
      }
    }' "$rows"
  : >"$rows"
}

# rounds COMMAND...: runs all commands, as often as asked for, beginning with another one each time.
rounds() {
  local round i
  for ((round = 0; round < runs; round++)); do
    for ((i = 0; i < $#; i++)); do
      local at=$(((round + i) % $# + 1))
      "${!at}"
    done
  done
}

# gone OBJECT: deletes it from the collection bench, if it is there.
gone() { curl -s -o "$dir/out" -X DELETE -H "X-Auth-Token: $token" "$storage/bench/$1"; }

gone_ours() { "$ours" -q delete --yes bench/ours >"$dir/out" 2>&1 || true; }

push_ours() { gone_ours; run "sregistry-shell push" "$ours" -q push --name bench/ours "$f"; }
push_rclone() { gone rclone.sif; run "rclone copyto" rclone copyto "$f" s:bench/rclone.sif; }
push_swift() { gone swift.sif; run "swift upload" swift upload -q --object-name swift.sif bench "$f"; }
push_floor() {
  gone curl.sif
  run "curl -T; md5sum" sh -c "curl -sf -H 'X-Auth-Token: $token' -T '$f' '$storage/bench/curl.sif' && md5sum '$f'"
}

pull_ours() {
  run "sregistry-shell pull" "$ours" -q pull --no-cache --name "$dir/ours.sif" bench/ours
  cmp "$f" "$dir/ours.sif"
  rm "$dir/ours.sif"
}
pull_rclone() { run "rclone copyto" rclone copyto s:bench/rclone.sif "$dir/rclone.sif"; rm "$dir/rclone.sif"; }
pull_swift() { run "swift download" swift download -q -o "$dir/swift.sif" bench swift.sif; rm "$dir/swift.sif"; }
pull_floor() {
  run "curl -o; md5sum" sh -c "curl -sf -H 'X-Auth-Token: $token' -o '$dir/curl.sif' '$storage/bench/curl.sif' && md5sum '$dir/curl.sif'"
  rm "$dir/curl.sif"
}

large() {
  f=$dir/large.sif
  head -c "${size}M" /dev/urandom >"$f"
  cat "$f" "$f" "$f" "$f" >"$dir/touched" # so that nobody pays for memory that is used for the first time
  rm "$dir/touched"
  peers
  curl -sf -X PUT -H "X-Auth-Token: $token" "$storage/bench"
  rounds push_ours push_rclone push_swift push_floor
  table "push of $size MiB (ratio: ours to theirs)"
  rounds pull_ours pull_rclone pull_swift pull_floor
  table "pull of $size MiB, verified (ratio: ours to theirs)"
  for o in rclone swift curl; do gone $o.sif; done
  gone_ours
  rm "$f"
}

# huge is about memory only: the file is sparse, and everything lies on a disk.
huge() {
  dir=$(mktemp -d "${TMPDIR:-/tmp}/sregistry-bench.XXXXXX") rows=$dir/rows
  dirs+=("$dir")
  if [ $embedded = yes ]; then serve; fi
  f=$dir/huge.sif
  truncate -s "${huge}M" "$f"
  runs=1
  rounds push_ours
  rm "$f"
  run "sregistry-shell pull" "$ours" -q pull --no-cache --name "$dir/ours.sif" bench/ours
  table "$huge MiB"
  gone_ours
}

small_ours() {
  rclone purge s:bench-ours 2>"$dir/out" || true
  count >"$dir/out"
  # shellcheck disable=SC2016 # Lua
  run "sregistry-shell, jobs=32" env SREGISTRY_SWIFT_URL="$far" "$ours" -q -e 'local l = {}
    for file in fs.walk(arg[1]) do l[#l + 1] = {file, "bench-ours/" .. path.base(file):gsub(".sif$", "")} end
    client.push(l, {jobs=32})' run - "$dir/images" </dev/null
  requests_ours=$(count)
}
small_rclone() {
  rclone purge s:bench-rclone 2>"$dir/out" || true
  count >"$dir/out"
  run "rclone copy --transfers 32" rclone copy --transfers 32 "$dir/images" s:bench-rclone
  requests_rclone=$(count)
}
again_ours() {
  count >"$dir/out"
  run "sregistry-shell run sync.lua" env SREGISTRY_SWIFT_URL="$far" "$ours" -q run sync.lua "$dir/images" bench-ours
  requests_ours=$(count)
}
again_rclone() {
  count >"$dir/out"
  run "rclone copy --transfers 32" rclone copy --transfers 32 "$dir/images" s:bench-rclone
  requests_rclone=$(count)
}

count() { curl -sf "$far/requests-so-far"; }

small() {
  local url=$SREGISTRY_SWIFT_URL
  mkdir -p "$dir/images"
  head -c "$((images * 65536))" /dev/urandom | split -b 65536 -a 5 -d --additional-suffix=.sif - "$dir/images/image"
  "$dir/latency" -to "$url" -wait "$latency" >"$dir/far" 2>"$dir/far.log" &
  pids+=($!)
  far=$(line "$dir/far")
  SREGISTRY_SWIFT_URL=$far peers
  rounds small_ours small_rclone
  table "$images images of 64 KiB, $latency a request (ratio: ours to theirs)"
  echo "requests: sregistry-shell $requests_ours, rclone $requests_rclone"
  rounds again_ours again_rclone
  table "the same again, unchanged (ratio: ours to theirs)"
  echo "requests: sregistry-shell $requests_ours, rclone $requests_rclone"
  kill "${pids[-1]}"
  SREGISTRY_SWIFT_URL=$url peers
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
