#!/bin/bash
# strangers.sh SREGISTRY-SHELL
#
# Other people's clients, python-swiftclient and rclone from Debian's packages, at the endpoint that SREGISTRY_SWIFT_USER,
# SREGISTRY_SWIFT_TOKEN and SREGISTRY_SWIFT_URL name, else OS_* for Keystone: they upload (in one piece, as static and as
# dynamic large objects), list, describe, download, read ranges, copy, sign TempURLs and delete. What they put the
# program SREGISTRY-SHELL reads, and what it puts they read. Prints a line a check; exits 1 when one fails.
#
# Needs python3-swiftclient and rclone. It makes two containers of its own and removes them; it sets the account's
# TempURL key to SREGISTRY_TEST_TEMPURL_KEY (tempurl-secret).

set -uo pipefail
[ $# = 1 ] || { sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shell=$(realpath "$1")
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$(realpath "$0")")/checks.sh"
key=${SREGISTRY_TEST_TEMPURL_KEY:-tempurl-secret}
collection=strangers-$$-$RANDOM
segments=${collection}_segments
work=$(mktemp -d "${TMPDIR:-/tmp}/strangers.XXXXXX")
cd "$work" || exit 1
export HOME=$work
unset "${!ST_@}" "${!RCLONE_@}"
export RCLONE_CONFIG=$work/rclone.conf RCLONE_CONFIG_THEIRS_TYPE=swift RCLONE_CONFIG_THEIRS_CHUNK_SIZE=1M
touch "$RCLONE_CONFIG"
user=${SREGISTRY_SWIFT_USER:-} secret=${SREGISTRY_SWIFT_TOKEN:-} url=${SREGISTRY_SWIFT_URL:-}
unset "${!SREGISTRY_@}"
if [ -n "$user" ]; then
  unset "${!OS_@}"
  export ST_AUTH=${url%/}/auth/v1.0 ST_USER=$user ST_KEY=$secret
  export RCLONE_CONFIG_THEIRS_AUTH=$ST_AUTH RCLONE_CONFIG_THEIRS_USER=$user RCLONE_CONFIG_THEIRS_KEY=$secret
  export SREGISTRY_SWIFT_USER=$user SREGISTRY_SWIFT_TOKEN=$secret SREGISTRY_SWIFT_URL=$url
else # OS_*, which all three read
  export RCLONE_CONFIG_THEIRS_ENV_AUTH=true
fi

# same TITLE FILE COMMAND...: it prints the bytes of FILE.
same() {
  local title=$1 file=$2
  shift 2
  is "$title" "$(md5sum <"$file")" sums "$@"
}

sums() { "$@" | md5sum; }

stat_size() { swift stat "$collection" "$1" | sed -n 's/^ *Content Length: //p'; }

our_size() { ours stat "$collection/$1:v1" 'value["size"]'; }
our_list() { ours list "$collection/" 'value["object"]'; }
our_search() { ours search "$collection/" value; }

swift_range() { swift download "$collection" "$1" -o - --ignore-checksum -H 'Range: bytes=1500000-4499999'; }

rclone_range() { rclone cat --offset 1500000 --count 3000000 "theirs:$collection/$1"; }

listed_size() {
  curl -sf -H "X-Auth-Token: $token" "$storage/$collection?format=json&prefix=$1" |
    /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["bytes"])'
}

swift_images() { swift list "$collection" | grep -v '^\.segments/'; }

rclone_list() { rclone lsf --format sp "theirs:$collection" | sort -t ';' -k 2; }

part() { tail -c "+$(($3 + 1))" "$1" | head -c "$2"; } # FILE LENGTH OFFSET

finish() {
  swift delete "$collection" >/dev/null 2>&1
  swift delete "$segments" >/dev/null 2>&1
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# What begins like a SIF is taken for one.
image() { { printf '#!/usr/bin/env run-singularity\n\0SIF_MAGIC\0'; head -c "$2" /dev/urandom; } >"$1"; }
image small.sif 100000
image large.sif 5000000
part large.sif 3000000 1500000 >middle

access=$(swift auth) || { echo "cannot sign in at ${ST_AUTH:-${OS_AUTH_URL:-}}" >&2; exit 1; }
storage=$(sed -n 's/^export OS_STORAGE_URL=//p' <<<"$access") token=$(sed -n 's/^export OS_AUTH_TOKEN=//p' <<<"$access")
path=/${storage#*://*/}

echo "== swift puts, everybody reads"
does 'swift upload' swift upload "$collection" small.sif --object-name plain-v1.sif
does 'swift upload, static segments' swift upload "$collection" large.sif --object-name static-v1.sif -S 2097152 --use-slo
does 'swift upload, dynamic segments' swift upload "$collection" large.sif --object-name dynamic-v1.sif -S 2097152
is 'swift list' $'dynamic-v1.sif\nplain-v1.sif\nstatic-v1.sif' swift list "$collection"
for kind in plain static dynamic; do
  file=large.sif
  [ $kind != plain ] || file=small.sif
  is "$kind: swift stat" "$(stat -c %s $file)" stat_size $kind-v1.sif
  same "$kind: swift download" $file swift download "$collection" $kind-v1.sif -o -
  same "$kind: rclone cat" $file rclone cat "theirs:$collection/$kind-v1.sif"
  is "$kind: our stat" "$(stat -c %s $file)" our_size $kind
  does "$kind: our pull" "$shell" pull --no-cache --name $kind.sif "$collection/$kind:v1"
  does "$kind: our pull is whole" cmp $kind.sif $file
done
for kind in static dynamic; do
  same "$kind: swift download of a range" middle swift_range $kind-v1.sif
done
same 'dynamic: rclone cat of a range' middle rclone_range dynamic-v1.sif
# rclone asks for ranges within the size a listing tells. Ceph RGW's listings tell the length of the manifest.
case $(listed_size static-v1.sif) in
  5000042) static_ranges=middle ;;
  *) static_ranges=/dev/null ;;
esac
same 'static: rclone cat of a range' $static_ranges rclone_range static-v1.sif
is 'our search' "$(printf '%s/%s-v1.sif\n' "$collection" dynamic "$collection" plain "$collection" static)" our_search
is 'our list' $'dynamic-v1.sif\nplain-v1.sif\nstatic-v1.sif' our_list

echo "== swift copies, signs and deletes"
does 'swift copy' swift copy -d "/$collection/copied-v1.sif" "$collection" plain-v1.sif
same 'the copy' small.sif swift download "$collection" copied-v1.sif -o -
does 'swift post' swift post -m "Temp-URL-Key:$key"
temp_url() { swift tempurl --digest sha1 GET 600 "$path/$collection/$1" "$key"; }
for kind in plain static dynamic; do
  file=large.sif
  [ $kind != plain ] || file=small.sif
  same "$kind: a TempURL" $file curl -sf "${storage%"$path"}$(temp_url $kind-v1.sif)"
done
for kind in static dynamic plain copied; do
  does "$kind: swift delete" swift delete "$collection" $kind-v1.sif
done
is 'no segment is left' '' swift list "$segments"

echo "== rclone puts, everybody reads"
does 'rclone copyto' rclone copyto small.sif "theirs:$collection/plain-v2.sif"
does 'rclone copyto, dynamic segments' rclone copyto --swift-chunk-size 2M large.sif "theirs:$collection/large-v2.sif"
does 'rclone rcat' rclone rcat --streaming-upload-cutoff 100k "theirs:$collection/piped-v2.sif" <large.sif
is 'rclone lsf' "$(printf '%d;%s\n' 5000042 large-v2.sif 5000042 piped-v2.sif 100042 plain-v2.sif)" rclone_list
for kind in plain large piped; do
  file=large.sif
  [ $kind != plain ] || file=small.sif
  does "$kind: rclone copyto back" rclone copyto "theirs:$collection/$kind-v2.sif" $kind.back
  does "$kind: rclone brought it whole" cmp $kind.back $file
  same "$kind: swift download" $file swift download "$collection" $kind-v2.sif -o -
  does "$kind: our pull" "$shell" pull --no-cache --name $kind-2.sif "$collection/$kind:v2"
  does "$kind: our pull is whole" cmp $kind-2.sif $file
done
does 'rclone copyto within' rclone copyto "theirs:$collection/plain-v2.sif" "theirs:$collection/copied-v2.sif"
same 'that copy' small.sif rclone cat "theirs:$collection/copied-v2.sif"
for kind in plain large piped copied; do
  does "$kind: rclone deletefile" rclone deletefile "theirs:$collection/$kind-v2.sif"
done
is 'nothing is left' '' swift list "$collection"
is 'no segment is left' '' swift list "$segments"

echo "== we put, they read"
does 'our push' "$shell" push --name "$collection/small:v3" small.sif
does 'our push in segments' "$shell" push --segment-size 1048576 --name "$collection/large:v3" large.sif
is 'swift list' $'large-v3.sif\nsmall-v3.sif' swift_images
for kind in small large; do
  is "$kind: swift stat" "$(stat -c %s $kind.sif)" stat_size $kind-v3.sif
  same "$kind: swift download" $kind.sif swift download "$collection" $kind-v3.sif -o -
  does "$kind: rclone copyto" rclone copyto "theirs:$collection/$kind-v3.sif" $kind.theirs
  does "$kind: rclone brought it whole" cmp $kind.theirs $kind.sif
  same "$kind: a TempURL" $kind.sif curl -sf "${storage%"$path"}$(temp_url $kind-v3.sif)"
done
same 'swift download of a range' middle swift_range large-v3.sif
same 'rclone cat of a range' $static_ranges rclone_range large-v3.sif
does 'swift delete of our segments' swift delete "$collection" large-v3.sif
is 'none is left' small-v3.sif swift list "$collection"
does 'our push in segments again' "$shell" push --segment-size 1048576 --name "$collection/large:v3" large.sif
does 'our delete' "$shell" delete "$collection/large:v3"
is 'none is left' small-v3.sif swift list "$collection"
does 'rclone purge' rclone purge "theirs:$collection"

tally
