# shellcheck shell=bash
# What openstack-swift.sh, keystone.sh and ceph.sh share: one directory, missing packages, daemons known by
# pid files instead of systemd, waiting until they answer, exports on stdout.
#
# A script sets `name` and `daemons` (in the order of their start), defines server_up (does the work, then
# calls `exports`) and server_answers (does the service answer?), and ends with: run "$@"

set -euo pipefail
umask 022
: "${name?}" "${daemons?}"

# What stays in a caller's shell from another server must not steer the tools used here.
unset "${!OS_@}" "${!ST_@}" CEPH_CONF CEPH_ARGS CEPH_KEYRING
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

base=${SREGISTRY_SERVERS_DIR:-${TMPDIR:-/tmp}/sregistry-shell-servers}
dir=$base/$name

say() { printf '%s: %s\n' "$name" "$*" >&2; }
die() { say "$@"; exit 1; }

# own_dir DIRECTORY: make it for us alone. In a shared /tmp it must not be somebody else's.
own_dir() {
  (umask 077 && mkdir -p "$1")
  if [ ! -O "$1" ] || [ -L "$1" ]; then die "$1 belongs to somebody else; set SREGISTRY_SERVERS_DIR"; fi
}

# locked FILE: one caller at a time, until the script ends or `exec 9>&-`. Daemons must not inherit fd 9.
locked() {
  exec 9>"$1"
  flock -n 9 || { say "waiting for another run of these scripts"; flock 9; }
}

# need PACKAGE...: install those that are missing, without the services they would start.
need() {
  local p missing=()
  for p; do dpkg-query -Wf '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  type apt-get >/dev/null 2>&1 || die "missing: ${missing[*]}; these scripts can install them on Debian 12 only"
  say "installing ${missing[*]}"
  (
    locked "$base/apt.lock"
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then # a machine that has one decides for itself
      trap 'rm -f $policy' EXIT
      trap 'exit 130' INT TERM
      printf '#!/bin/sh\nexit 101\n' >$policy
      chmod 755 $policy
    fi
    apt=(apt-get -q -o DPkg::Lock::Timeout=900 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold)
    for pause in 5 15 45 0; do # a mirror may have a bad minute
      "${apt[@]}" update || true # an old list may do; if not, the install says so
      ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}" || exit 0
      sleep $pause
    done
    exit 1
  ) >>"$dir/log/apt.log" 2>&1 9>&- </dev/null || {
    tail -n 20 "$dir/log/apt.log" >&2
    die "cannot install ${missing[*]}: see $dir/log/apt.log"
  }
}

# running DAEMON: does its pid file name a live process that this script started? Every daemon carries the
# mark in its environment, so a stale pid file never names a stranger.
running() {
  local pid i environment
  pid=$(cat "$dir/run/$1.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
  for ((i = 0; i < 300; i++)); do # in the middle of execve it is empty for a moment
    ! ended "$pid" || return 1
    environment=$(tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ") || return 1
    [ -z "$environment" ] || break
    sleep 0.02
  done
  grep -qxF "SREGISTRY_SERVER_MARK=$dir/$1" <<<"$environment"
}

# ended PID: is it gone, or a zombie?
ended() { ! grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1/status"; }

# start DAEMON PORT COMMAND...: run it in the background, in a session of its own, unless it runs already.
start() {
  local daemon=$1 port=$2
  shift 2
  ! running "$daemon" || return 0
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    die "port $port is taken by another program; $daemon needs it (--help names the setting)"
  fi
  say "starting $daemon"
  SREGISTRY_SERVER_MARK=$dir/$daemon setsid "$@" >>"$dir/log/$daemon.log" 2>&1 </dev/null 9>&- &
  echo $! >"$dir/run/$daemon.pid"
  # Not before it shows its mark: until then it is a copy of this script, and looks like a stranger.
  until running "$daemon" || ended $!; do sleep 0.02; done
}

# stop DAEMON: ask, wait, then insist.
stop() {
  local pid i
  if running "$1"; then
    pid=$(<"$dir/run/$1.pid")
    say "stopping $1 ($pid)"
    kill "$pid" 2>/dev/null || true
    for ((i = 0; i < 300; i++)); do
      running "$1" || break
      sleep 0.1
    done
    ! running "$1" || kill -9 "$pid" 2>/dev/null || true
    for ((i = 0; i < 300; i++)); do # what it holds, a port or a file, it holds until it is gone
      ! ended "$pid" || break
      sleep 0.1
    done
  fi
  rm -f "$dir/run/$1.pid"
}

# wait_for SECONDS DAEMON COMMAND...: until the command succeeds; at once a failure when the daemon ended.
wait_for() {
  local end=$((SECONDS + $1)) daemon=$2
  shift 2
  until "$@" >/dev/null 2>"$dir/log/wait.err"; do
    if ! running "$daemon" || [ $SECONDS -ge $end ]; then
      cat "$dir/log/wait.err" >&2
      tail -n 5 "$dir/log/$daemon.log" >&2 || true
      running "$daemon" || die "$daemon ended by itself: see $dir/log"
      die "$daemon does not answer: see $dir/log"
    fi
    sleep 0.2
  done
}

# http CURL-ARGUMENT...: a request that fails on status 400 and above, and never hangs.
http() { curl -fsS --max-time 20 "$@"; }

# v1_login URL USER KEY: print storage URL and token.
v1_login() {
  http -D - -o /dev/null -H "X-Auth-User: $2" -H "X-Auth-Key: $3" "$1" | tr -d '\r' |
    awk 'tolower($1) == "x-storage-url:" { url = $2 } tolower($1) == "x-auth-token:" { token = $2 }
         END { if (url == "" || token == "") exit 1; print url, token }'
}

# set_tempurl_key STORAGE-URL TOKEN KEY: the account's key for signed URLs.
set_tempurl_key() {
  http -o /dev/null -X POST -H "X-Auth-Token: $2" -H "X-Account-Meta-Temp-URL-Key: $3" -H 'Content-Length: 0' "$1"
}

# open_account AUTH-URL USER KEY TEMPURL-KEY: sign in, make the account, give it its key for signed URLs.
open_account() {
  local storage token
  read -r storage token < <(v1_login "$1" "$2" "$3") || return 1
  set_tempurl_key "$storage" "$token" "$4"
}

# exports NAME=VALUE...: what `eval "$(... up)"` takes.
exports() {
  local pair
  for pair; do printf 'export %s=%q\n' "${pair%%=*}" "${pair#*=}"; done
}

status() {
  local d down=0
  for d in "${daemons[@]}"; do
    if running "$d"; then echo "$d: running, pid $(<"$dir/run/$d.pid")"; else echo "$d: stopped"; down=1; fi
  done
  if [ $down = 0 ]; then
    for d in 1 2 3; do # a busy machine may be late
      ! server_answers >/dev/null 2>&1 || { echo "$name: answers"; return; }
    done
    echo "$name: does not answer"
    down=1
  fi
  return $down
}

down() {
  local i
  for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do stop "${daemons[i]}"; done
  if [ "${1:-}" = --wipe ] && [ -d "$dir/run" ]; then # run/: made by us, so it is a directory of ours
    say "removing $dir"
    rm -rf "$dir"
  fi
}

# is_daemon NAME: is it one of this server's?
is_daemon() {
  local d
  for d in "${daemons[@]}"; do [ "$d" != "$1" ] || return 0; done
  return 1
}

run() {
  case "${1:-} ${2:-}" in
    'up ' | 'down ' | 'down --wipe' | 'status ') ;;
    '--help ' | '-h ' | 'help ') sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    'stop '?*) is_daemon "$2" || { echo "$0: no daemon $2, but: ${daemons[*]}" >&2; exit 2; } ;;
    *) echo "usage: $0 up | stop DAEMON | down [--wipe] | status | --help" >&2; exit 2 ;;
  esac
  [ "$(id -u)" = 0 ] || die "must run as root"
  own_dir "$base"
  case $1 in
    status) status ;;
    *)
      locked "$base/$name.lock"
      case $1 in
        up)
          own_dir "$dir"
          mkdir -p "$dir"/{etc,run,log}
          server_up
          ;;
        stop) stop "$2" ;;
        down) down "${2:-}" ;;
      esac
      ;;
  esac
}
