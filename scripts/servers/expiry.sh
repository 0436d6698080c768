#!/bin/bash
# expiry.sh PROGRAM
#
# Tokens die on the server that the environment names (as the exports of openstack-swift.sh, keystone.sh and ceph.sh
# do) while two processes push 32 images each over all their streams, and again while they pull them: a dead token
# costs the two of them one sign-in, no transfer fails, and the bytes are right. Exits 1 if not.
#
# OpenStack Swift forgets all tokens, Keystone revokes the one in use, and tokens of Ceph live for two seconds
# meanwhile. Needs curl and, for the first two, the memcached of that server (OPENSTACK_CACHE_PORT, 11290), which is
# emptied: nobody else should be at work there.

set -euo pipefail
[ $# = 1 ] || { sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2; }

program=$(realpath "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/sregistry-shell-expiry.XXXXXX")
collection=expiry-$$-$RANDOM
export HOME=$work/home SREGISTRY_DISABLE=yes
mkdir "$HOME"
cd "$work"
unset XDG_CACHE_HOME XDG_CONFIG_HOME
running=() socket='' pushes=1

wrong() {
  tail -n 5 ./*.log >&2 || true
  printf 'expiry.sh: %s\n' "$*" >&2
  exit 1
}

finish() {
  local code=$? pid
  trap - EXIT
  for pid in "${running[@]}"; do kill "$pid" 2>>finish.log || true; done
  [ -z "$socket" ] || life 86400 || code=1
  "$program" delete --yes "$collection/*" >>finish.log 2>&1 || true
  rm -rf "$work"
  exit $code
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# life SECONDS: how long the tokens live that Ceph gives out from now on.
life() { ceph --admin-daemon "$socket" config set rgw_swift_token_expiration "$1" >life.log; }

# forget: what the proxy knows of tokens.
forget() {
  exec 3<>"/dev/tcp/127.0.0.1/${OPENSTACK_CACHE_PORT:-11290}"
  printf 'flush_all\r\nquit\r\n' >&3
  grep -q OK <&3
  exec 3>&-
}

# token: the one that both processes use; nothing while there is none.
token() { sed 's/.*"token":"\([^"]*\)".*/\1/' "$HOME"/.cache/sregistry-shell/tokens/*.json 2>>finish.log || true; }

# void TOKEN: it is dead.
void() {
  if [ -n "${OS_AUTH_URL:-}" ]; then
    curl -fsS -X DELETE -H "X-Auth-Token: $1" -H "X-Subject-Token: $1" "$OS_AUTH_URL/auth/tokens"
  fi
  forget
}

# requests METHOD: how many of them for bytes were answered.
requests() { cat ./*.log | grep -cE "^debug: $1 .*/$collection/.*: 20" || true; }
signed_in() { cat ./*.log | grep -cE '/auth/(v1.0|tokens): 20' || true; }

# under VERB METHOD EACH LUA: both processes run LUA, and tokens die, thrice, whenever EACH more requests were answered.
under() {
  local verb=$1 method=$2 each=$3 lua=$4 p pid voided=0 began=$SECONDS most now dead=''
  rm -f ./*.log
  for p in 1 2; do
    "$program" --bwlimit 12M --debug -e "local mine = $p $lua" >"$p.out" 2>"$p.log" &
    running+=($!)
  done
  while kill -0 "${running[@]}" 2>>finish.log; do
    if [ -z "$socket" ] && [ $voided -lt 3 ] && [ "$(requests "$method")" -ge $((each * (voided + 1))) ]; then
      now=$(token)
      if [ "$now" != "$dead" ] && [ -n "$now" ]; then # they have a new one since
        void "$now"
        dead=$now voided=$((voided + 1))
      fi
    fi
    sleep 0.05
  done
  for pid in "${running[@]}"; do wait "$pid" || wrong "the $verb fails ($?)"; done
  running=()
  if [ -n "$socket" ]; then voided=$(((SECONDS - began + 1) / 2)); fi
  echo "$verb: $(requests "$method") times $method, $voided tokens died, $(signed_in) sign-ins, $(cat ./*.log | grep -c ': 401 ' || true) refusals in $((SECONDS - began)) s"
  [ $voided -ge 1 ] || wrong "no token died while the $verb ran"
  most=$((voided + 1))
  # The last one may have died when every request had begun.
  if [ "$(signed_in)" -lt 1 ] || [ "$(signed_in)" -gt $most ]; then wrong "the $verb signed in $(signed_in) times, not 1 to $most"; fi
}

if [ "${SREGISTRY_TEST_SERVER:-}" = ceph ]; then
  socket=$(echo "$(dirname "$CEPH_CONF")"/../run/ceph-client.rgw.*.asok)
  life 2
  pushes=2 # so that requests begin when tokens have died
fi

mkdir images back
for i in {1..64}; do head -c $((i % 32 == 0 ? 40 << 20 : 200000)) /dev/urandom >"images/$i.sif"; done
each='local list = {} for i = mine * 32 - 31, mine * 32 do list[#list + 1] ='
under push PUT 15 "for round = 1, $pushes do $each {'images/' .. i .. '.sif', '$collection/' .. i, segment_size = 4 * 2^20, force = true} end client.push(list, {jobs = 64}) end"
under pull GET 15 "for round = 1, 2 do $each {'$collection/' .. i, 'back/' .. round .. '-' .. i} end client.pull(list, {jobs = 64}) end"
for i in {1..64}; do
  cmp "images/$i.sif" "back/1-$i"
  cmp "images/$i.sif" "back/2-$i"
done
