#!/bin/bash
# outage.sh BINARY SERVER-SCRIPT DAEMON: a daemon behind the server stops in the middle of a push, and of a pull, and
# comes back: ceph.sh osd, openstack-swift.sh object. The transfer goes on and ends well, without sending a segment
# again that was there.
#
# The environment names the server, as `SERVER-SCRIPT up` prints it. OUTAGE says how many seconds it lasts (8).

set -euo pipefail

[ $# = 3 ] || { echo "usage: $0 BINARY SERVER-SCRIPT DAEMON" >&2; exit 2; }
shell=$(realpath "$1") server=$(realpath "$2") daemon=$3
work=$(mktemp -d "${TMPDIR:-/tmp}/sregistry-shell-outage.XXXXXX")
image=outage-$$-$RANDOM/a:v1
export HOME=$work/home SREGISTRY_DISABLE=yes
mkdir "$HOME"
cd "$work"
transfer=''

finish() {
  [ -z "$transfer" ] || kill "$transfer" 2>>finish.log || true
  "$server" up >>finish.log 2>&1 || { cat finish.log >&2; echo "$daemon does not come back" >&2; }
  "$shell" -e "client.delete('$image')" >>finish.log 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

fail() {
  tail -n 8 push.log pull.log >&2 2>/dev/null || true
  echo "$*" >&2
  exit 1
}

# moved: how many pieces of the transfer are there: segments that were stored, ranges in the journal.
moved() {
  case $1 in
    push) grep -cE 'PUT .*/\.segments/.*: 201 ' push.log || true ;;
    pull) cat back.sif.*.part.journal 2>/dev/null | grep -c ' have ' || true ;;
  esac
}

# interrupted PIECES VERB ARGUMENT...: the transfer, with the daemon stopped when some pieces are there, and back later.
interrupted() {
  local pieces=$1 verb=$2 i first before after
  shift
  "$shell" "$@" --bwlimit 16M --debug >"$verb.out" 2>"$verb.log" &
  transfer=$!
  for ((i = 0; i < 600; i++)); do
    [ "$(moved "$verb")" -lt 2 ] || break
    kill -0 $transfer 2>/dev/null || fail "the $verb ended before the outage"
    sleep 0.1
  done
  first=$(moved "$verb")
  "$server" stop "$daemon"
  before=$(moved "$verb")
  sleep "${OUTAGE:-8}"
  after=$(moved "$verb")
  kill -0 $transfer 2>/dev/null || fail "the $verb did not outlast the outage"
  "$server" up >up.env
  wait $transfer || fail "the $verb failed ($?) after the outage"
  transfer=''
  echo "$verb: $first of $pieces pieces when $daemon was told to stop, $before when it had, $after when it came back"
  [ "$after" -lt "$pieces" ] || fail "the $verb was over before the outage"
  [ $((after - before)) -le 8 ] || fail "the $verb went on without $daemon"
}

# 48 segments, 24 ranges: when the first of them have come, the most is still to come, on a busy machine too.
head -c $((48 * (8 << 20))) /dev/urandom >a.sif
interrupted 48 push a.sif "$image" --segment-size $((8 << 20))
[ "$(moved push)" = 48 ] || fail "of 48 segments $(moved push) were stored"
interrupted 24 pull "$image" --name back.sif
cmp a.sif back.sif
[ "$(find . -name '*.part*')" = '' ] || fail "a part was left"
echo "push and pull went on when $daemon was back; $(cat push.log pull.log | grep -cE '^debug: .*(: 50|: the server answers 50|EOF|reset|refused|went wrong)' || true) requests had failed"
