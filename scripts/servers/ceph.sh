#!/bin/bash
# ceph.sh up | stop DAEMON | down [--wipe] | status | --help
#
# A real Ceph cluster (one monitor, one OSD) with the RADOS Gateway's Swift API on 127.0.0.1, for development and
# CI. Needs Debian 12 and root, neither systemd nor Docker. Missing packages are installed by apt.
#
#   eval "$(scripts/servers/ceph.sh up)"    the exports are on stdout, all else on stderr
#
# up is safe to repeat; a changed setting takes effect after down (the monitor's ports: after down --wipe). down
# keeps the data, down --wipe removes it. status exits 1 unless everything runs and answers.
# stop ends one daemon, such as osd, as an outage would; up brings it back.
#
# Users: ceph:vanessa owns the account; ceph:reader may only read there; lab:guest owns another account. The exports
# have their keys, and CEPH_CONF, with which `ceph` and `radosgw-admin` talk to this cluster.
#
# Settings by environment (defaults):
#   SREGISTRY_SERVERS_DIR   ${TMPDIR:-/tmp}/sregistry-shell-servers; everything is in ceph/ below it
#   CEPH_PORT               the gateway (8080)
#   CEPH_MON_PORT, CEPH_MON_V1_PORT   the monitor (3300, 6789); the OSD takes free ports from 6800 on
#   CEPH_SIZE               size of the OSD's sparse file (32G). It never shrinks when objects are deleted
#   SREGISTRY_TEST_TEMPURL_KEY (tempurl-secret)

name=ceph
daemons=(mon osd rgw)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

port=${CEPH_PORT:-8080}
mon_port=${CEPH_MON_PORT:-3300}
mon_v1_port=${CEPH_MON_V1_PORT:-6789}
tempurl_key=${SREGISTRY_TEST_TEMPURL_KEY:-tempurl-secret}
vanessa_key=vanessa-swift-secret-0123456789abcdef
reader_key=reader-swift-secret-0123456789abcdef
guest_key=guest-swift-secret-0123456789abcdef
fsid=cef00000-0000-4000-8000-000000000000
osd_uuid=5e0d0000-0000-4000-8000-000000000000
url=http://127.0.0.1:$port
conf=$dir/etc/ceph.conf
mon_addresses="[v2:127.0.0.1:$mon_port,v1:127.0.0.1:$mon_v1_port]"

# Short intervals where the defaults make one wait: four pools at the gateway's first start cost a proposal each,
# and deleted data stays for two hours. Low water marks: a monitor ends itself when 5 % of the disk are free.
write_conf() {
  cat >"$conf" <<CONF
[global]
fsid = $fsid
mon_host = $mon_addresses
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
keyring = $dir/etc/keyring
run_dir = $dir/run
crash_dir = $dir/crash
log_file = $dir/log/\$name.log
pid_file =
osd_crush_chooseleaf_type = 0
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pg_autoscale_mode = off
[mon]
mon_data = $dir/mon
mon_cluster_log_file = $dir/log/cluster.log
mon_data_avail_warn = 5
mon_data_avail_crit = 1
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
auth_allow_insecure_global_id_reclaim = false
paxos_propose_interval = 0.1
[osd]
osd_data = $dir/osd
osd_objectstore = bluestore
osd_memory_target = 939524096
bluestore_block_size = $(numfmt --from=iec "${CEPH_SIZE:-32G}")
[client.rgw]
rgw_data = $dir
rgw_frontends = beast endpoint=127.0.0.1:$port
rgw_gc_obj_min_wait = 10
rgw_gc_processor_period = 30
CONF
}

# make_mon: one keyring with every key and its rights, which the monitor imports whole; and a map that names the
# monitor, because mkfs alone does not recognise itself in a loopback mon_host and falls back to the default ports.
make_mon() {
  rm -rf "$dir/mon"
  mkdir "$dir/mon"
  entry() {
    printf '[%s]\nkey = %s\n' "$1" "$(ceph-authtool --gen-print-key)"
    printf 'caps %s\n' "${@:2}"
  }
  (
    umask 077
    {
      entry mon. 'mon = "allow *"'
      entry client.admin 'mon = "allow *"' 'osd = "allow *"'
      entry osd.0 'mon = "allow profile osd"' 'osd = "allow *"'
      entry client.rgw 'mon = "allow rw"' 'osd = "allow rwx"'
    } >"$dir/etc/keyring"
  )
  monmaptool --create --clobber --fsid $fsid --addv a "$mon_addresses" "$dir/etc/monmap" >>"$dir/log/mon.log" 2>&1
  ceph-mon -i a --mkfs --monmap "$dir/etc/monmap" 2>>"$dir/log/mon.log"
  touch "$dir/mon.ready"
}

make_osd() {
  rm -rf "$dir/osd"
  mkdir "$dir/osd"
  timeout 180 ceph osd new $osd_uuid 0 >/dev/null
  ceph-osd -i 0 --mkfs --osd-uuid $osd_uuid 2>>"$dir/log/osd.log"
  touch "$dir/osd.ready"
}

mon_answers() { timeout 60 ceph --connect-timeout 10 mon stat; }

# The monitor believes a dead OSD alive for long, so the OSD itself is asked.
osd_answers() { timeout 60 ceph tell osd.0 version; }

rgw_answers() { http "$url/swift/info"; }

server_answers() {
  export CEPH_CONF=$conf
  mon_answers && osd_answers && rgw_answers
}

# user NAME KEY COMMAND...: make the user with this radosgw-admin command, unless it can sign in already.
user() {
  local user=$1 key=$2
  shift 2
  ! v1_login "$url/auth/v1.0" "$user" "$key" >/dev/null 2>&1 || return 0
  say "creating the user $user"
  timeout 180 radosgw-admin "$@" --subuser="$user" --key-type=swift --secret="$key" >/dev/null 2>>"$dir/log/admin.log" ||
    die "cannot create $user: see $dir/log/admin.log"
}

server_up() {
  need ceph-mon ceph-osd radosgw ceph-common curl
  export CEPH_CONF=$conf
  mkdir -p "$dir/crash"
  write_conf

  [ -e "$dir/mon.ready" ] || make_mon
  start mon "$mon_port" ceph-mon -f -i a
  wait_for 180 mon mon_answers

  [ -e "$dir/osd.ready" ] || make_osd
  start osd 0 ceph-osd -f -i 0
  wait_for 180 osd osd_answers

  start rgw "$port" radosgw -f -n client.rgw
  wait_for 300 rgw rgw_answers # half a minute after a crash of all three

  user ceph:vanessa $vanessa_key user create --uid=ceph --display-name='Vanessa Saurus' --access=full
  user ceph:reader $reader_key subuser create --uid=ceph --access=read
  user lab:guest $guest_key user create --uid=lab --display-name='A Guest' --access=full
  wait_for 180 rgw open_account "$url/auth/v1.0" ceph:vanessa $vanessa_key "$tempurl_key"

  exports SREGISTRY_TEST_SERVER=ceph \
    SREGISTRY_SWIFT_USER=ceph:vanessa SREGISTRY_SWIFT_TOKEN=$vanessa_key SREGISTRY_SWIFT_URL="$url" \
    SREGISTRY_TEST_USER2=lab:guest SREGISTRY_TEST_TOKEN2=$guest_key \
    SREGISTRY_TEST_USER3=ceph:reader SREGISTRY_TEST_TOKEN3=$reader_key \
    SREGISTRY_TEST_TEMPURL_KEY="$tempurl_key" CEPH_CONF="$conf"
}

run "$@"
