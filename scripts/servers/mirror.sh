#!/bin/bash
# mirror.sh BINARY EXPORTS
#
# mirror.lua, from the cluster that the environment names to the one of the file EXPORTS, both as openstack-swift.sh,
# keystone.sh and ceph.sh print them: all there is of a collection, images of other tools too. It is killed (-9) in the
# middle of a large image; run again it sends what was missing, the third time nothing. The bytes are compared.
#
# Needs python3-swiftclient. It makes a collection here and there, and removes both.

set -euo pipefail
[ $# = 2 ] || { sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shell=$(realpath "$1") exports=$(realpath "$2")
work=$(mktemp -d "${TMPDIR:-/tmp}/sregistry-shell-mirror.XXXXXX")
collection=mirror-$$-$RANDOM
export HOME=$work/home SREGISTRY_DISABLE=yes
mkdir "$HOME"
cd "$work"
running=''
segment=$((8 << 20)) count=24

# cloud: the cluster of EXPORTS as a cloud that --to can name.
cloud() (
  unset "${!SREGISTRY_@}" "${!OS_@}"
  # shellcheck source=/dev/null
  . "$exports"
  if [ -n "${OS_AUTH_URL:-}" ]; then
    printf 'clouds:\n  there:\n    region_name: %s\n    auth: {auth_url: "%s", username: "%s", password: "%s", project_name: "%s", user_domain_name: Default, project_domain_name: Default}\n' \
      "$OS_REGION_NAME" "$OS_AUTH_URL" "$OS_USERNAME" "$OS_PASSWORD" "$OS_PROJECT_NAME"
  else
    printf 'clouds:\n  there:\n    auth_type: v1password\n    auth: {auth_url: "%s", username: "%s", password: "%s"}\n' \
      "$SREGISTRY_SWIFT_URL" "$SREGISTRY_SWIFT_USER" "$SREGISTRY_SWIFT_TOKEN"
  fi
)
(umask 077 && cloud >clouds.yaml)

finish() {
  local code=$?
  trap - EXIT
  [ -z "$running" ] || kill "$running" 2>>swept || true
  for at in client 'connect("there")'; do
    "$shell" -e "local c = $at for image in c.each('$collection/') do c.delete(image) end c.clean{collection='$collection', remove=true, older=0}" >>swept 2>&1 || true
  done
  rm -rf "$work"
  exit $code
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

wrong() {
  tail -n 8 out err >&2 || true
  printf 'mirror.sh: %s\n' "$*" >&2
  exit 1
}
# mirror: with every request told in err.
mirror() { "$shell" --debug run mirror --to there "$collection/*" --json >out 2>err; }
# says PATTERN: the mirror before ended with a line that matches.
says() { grep -qE -- "$1" out || wrong "it does not say $1"; }
# requests PATTERN: how many of them there were.
requests() { grep -cE "\"debug\":\"$1" err || true; }
stored() { requests "PUT [^ ]*/big-v1.sif/[^ ]*: 201"; }
there() { "$shell" --os-cloud there "$@"; }

# What begins like a SIF is taken for one.
image() { { printf '#!/usr/bin/env run-singularity\n\0SIF_MAGIC\0'; head -c "$2" /dev/urandom; } >"$1"; }
mkdir -p images/tools
for v in 1 2 3; do image "images/tools/x:v$v.sif" $((v * 30000)); done
image big.sif $((segment * count - 100))
image foreign.sif 5000000
image whole.sif 270000000 # which this shell would have sent in segments
"$shell" run sync images "$collection"
"$shell" push --segment-size $segment --name "$collection/big:v1" big.sif
swift() (
  if [ -n "${SREGISTRY_SWIFT_USER:-}" ]; then
    export ST_AUTH=${SREGISTRY_SWIFT_URL%/}/auth/v1.0 ST_USER=$SREGISTRY_SWIFT_USER ST_KEY=$SREGISTRY_SWIFT_TOKEN
    unset "${!OS_@}"
  fi
  /usr/bin/python3 /usr/bin/swift -q "$@"
)
swift upload "$collection" images/tools/x:v1.sif --object-name old:v1.sif
swift upload "$collection" whole.sif --object-name whole:v1.sif
swift upload "$collection" foreign.sif --object-name static-v1.sif -S 2097152 --use-slo --segment-container "$collection"_segments
swift upload "$collection" foreign.sif --object-name dynamic-v1.sif -S 1500000 --segment-container "$collection"_segments

"$shell" --debug --bwlimit 16M run mirror --to there "$collection/*" --json >out 2>err & # no function: its shell would be killed
running=$!
SECONDS=0
until [ "$(stored)" -ge $((count * 2 / 3)) ]; do
  kill -0 $running 2>>swept || wrong 'it ended before it was killed'
  [ $SECONDS -lt 300 ] || wrong 'it sends nothing'
  sleep 0.05
done
kill -9 $running
! wait $running 2>>swept || wrong 'it was not killed'
running=''
kept=$(stored)
[ "$kept" -lt $count ] || wrong 'it was done before it was killed'
! there stat "$collection/big:v1" >out 2>err || wrong 'a part of an image has its name'

mirror || wrong "run again, it fails ($?)"
sent=$(requests "PUT [^ ]*/big-v1.sif/")
[ "$sent" -le $((count - kept)) ] || wrong "$kept of $count segments were there, and $sent were sent again"
echo "killed with $kept of $count segments there; run again it sent $sent, $((sent * segment >> 20)) of $(($(stat -c %s big.sif) >> 20)) MiB"

mirror || wrong "the third time it fails ($?)"
says '"bytes":0,"copied":0,"same":8'
[ "$(requests '(PUT|POST|COPY|DELETE)')" = 0 ] || wrong 'the third time it stores something'
[ "$(requests "GET [^ ]*/$collection/")" = 0 ] || wrong 'the third time it reads an image'
[ "$(requests '[A-Z]')" -le 20 ] || wrong 'the third time it asks for too much'
echo "the third time it sent nothing, in $(requests '[A-Z]') requests"

compared=0
while read -r name file; do
  there pull --no-cache --name back "$collection/$name"
  cmp back "$file" || wrong "$name has other bytes there"
  rm back
  compared=$((compared + 1))
done <<IMAGES
big:v1 big.sif
tools/x:v1 images/tools/x:v1.sif
tools/x:v2 images/tools/x:v2.sif
tools/x:v3 images/tools/x:v3.sif
old:v1 images/tools/x:v1.sif
static:v1 foreign.sif
dynamic:v1 foreign.sif
whole:v1 whole.sif
IMAGES
there run audit "$collection" --json >out 2>err || wrong "the audit there fails ($?)"
says '"right":8'
there --json clean --collection "$collection" --older 0 >out
[ ! -s out ] || wrong 'segments are left there'

image images/tools/x:v2.sif 70000
"$shell" run sync images "$collection"
"$shell" delete "$collection/tools/x:v3"
mirror
says '"bytes":70042,"copied":1,"same":6'
there pull --no-cache --name back "$collection/tools/x:v2"
cmp back images/tools/x:v2.sif || wrong 'what changed did not arrive'
there stat "$collection/tools/x:v3" >out || wrong 'what went here went there as well'
echo "$compared images have the same bytes there"
