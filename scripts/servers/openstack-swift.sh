#!/bin/bash
# openstack-swift.sh up | stop DAEMON | down [--wipe] | status | --help
#
# A real OpenStack Swift with v1 sign-in (tempauth) on 127.0.0.1, one device, one replica, for development and
# CI. Needs Debian 12 and root, neither systemd nor Docker. Missing packages are installed by apt.
#
#   eval "$(scripts/servers/openstack-swift.sh up)"    the exports are on stdout, all else on stderr
#
# up is safe to repeat; a changed setting takes effect after down. down keeps the data, down --wipe removes it.
# status exits 1 unless everything runs and answers.
# stop ends one daemon, such as object, as an outage would; up brings it back.
#
# Users (name/key): test:tester/testing owns AUTH_test; test:tester3/testing3 is in AUTH_test with no rights but
# those an ACL gives; test2:tester2/testing2 owns AUTH_test2; admin:admin/admin may set account quotas.
#
# Settings by environment (defaults):
#   SREGISTRY_SERVERS_DIR   ${TMPDIR:-/tmp}/sregistry-shell-servers; everything is in openstack/ below it
#   OPENSTACK_DATA          where objects are (openstack/data below it); ext4 holds about 3 KiB of metadata an
#                           object, xfs and a tmpfs such as /dev/shm/x hold the 4 KiB Swift promises. --wipe leaves
#                           a folder named here alone
#   OPENSTACK_PORT          the proxy (8090)
#   OPENSTACK_OBJECT_PORT, OPENSTACK_CONTAINER_PORT, OPENSTACK_ACCOUNT_PORT, OPENSTACK_CACHE_PORT
#                           (6200, 6201, 6202, 11290)
#   OPENSTACK_MAX_FILE_SIZE largest object in bytes (5368709122, Swift's own default)
#   SREGISTRY_TEST_TEMPURL_KEY (tempurl-secret)

name=openstack
daemons=(memcached object container account container-updater proxy)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

port=${OPENSTACK_PORT:-8090}
object_port=${OPENSTACK_OBJECT_PORT:-6200}
container_port=${OPENSTACK_CONTAINER_PORT:-6201}
account_port=${OPENSTACK_ACCOUNT_PORT:-6202}
cache_port=${OPENSTACK_CACHE_PORT:-11290}
data=${OPENSTACK_DATA:-$dir/data}
tempurl_key=${SREGISTRY_TEST_TEMPURL_KEY:-tempurl-secret}
etc=$dir/etc
url=http://127.0.0.1:$port

write_common() {
  # The hash suffix must never change while data exists.
  cat >"$etc/swift.conf" <<CONF
[swift-hash]
swift_hash_path_suffix = sregistry-shell
[storage-policy:0]
name = Policy-0
default = yes
[swift-constraints]
max_file_size = ${OPENSTACK_MAX_FILE_SIZE:-5368709122}
CONF
  # Swift reads /etc/swift/swift.conf whatever swift_dir says. This starts a daemon that reads ours instead.
  cat >"$etc/daemon.py" <<'PY'
import os, runpy, sys
from swift.common import utils
assert "swift.common.constraints" not in sys.modules, "limits were read before swift.conf was named"
utils.SWIFT_CONF_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "swift.conf")
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
PY
  # With one replica a single tripped timeout is a 503 or a stale listing, so none is short enough for a busy machine
  # to trip over.
  common="bind_ip = 127.0.0.1
user = $(id -un)
workers = 0
swift_dir = $etc
recon_cache_path = $dir/cache
log_level = INFO
conn_timeout = 10
node_timeout = 60"
}

# write_backend KIND PORT: 1 MiB chunks cost a third less CPU than the default of 64 KiB.
write_backend() {
  cat >"$etc/$1.conf" <<CONF
[DEFAULT]
$common
bind_port = $2
devices = $data
mount_check = false
fallocate_reserve = 0
[pipeline:main]
pipeline = $1-server
[app:$1-server]
use = egg:swift#$1
container_update_timeout = 60
disk_chunk_size = 1048576
network_chunk_size = 1048576
[container-updater]
interval = 2
concurrency = 1
account_suppression_time = 2
CONF
}

# One device holds every partition, so rings can be made anew for whatever ports are asked for.
write_rings() {
  python3 - "$etc" "$data/d1" object "$object_port" container "$container_port" account "$account_port" <<'PY'
import os, sys
from swift.common.ring import RingBuilder

etc, device, rest = sys.argv[1], sys.argv[2], sys.argv[3:]
try:
    os.setxattr(device, "user.swift.probe", b"x" * 2048)
    os.removexattr(device, "user.swift.probe")
except OSError as e:
    sys.exit("openstack: %s takes no user xattrs (%s); set OPENSTACK_DATA to ext4, xfs or /dev/shm" % (device, e))
for kind, port in zip(rest[::2], rest[1::2]):
    builder = RingBuilder(4, 1, 0)
    builder.add_dev(dict(region=1, zone=1, ip="127.0.0.1", port=int(port), device="d1", weight=1))
    builder.rebalance()
    builder.get_ring().save(os.path.join(etc, kind + ".ring.gz"))
PY
}

# error_suppression_interval: the default shuts the only node out for a minute after ten errors; so it does the only
# memcached, for which two connections and a second of waiting are the default, and without it nobody can sign in.
write_proxy() {
  local f
  cat >"$etc/proxy.conf" <<CONF
[DEFAULT]
$common
bind_port = $port
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging cache listing_formats bulk tempurl formpost tempauth staticweb copy container-quotas account-quotas slo dlo versioned_writes symlink proxy-logging proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
error_suppression_interval = 0
client_chunk_size = 1048576
object_chunk_size = 1048576
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$cache_port
memcache_max_connections = 64
connect_timeout = 10
pool_timeout = 10
io_timeout = 10
error_suppression_interval = 0
[filter:tempauth]
use = egg:swift#tempauth
user_admin_admin = admin .admin .reseller_admin
user_test_tester = testing .admin
user_test_tester3 = testing3
user_test2_tester2 = testing2 .admin
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
CONF
  for f in catch_errors gatekeeper healthcheck proxy-logging listing_formats bulk tempurl formpost staticweb copy \
    container-quotas account-quotas slo dlo symlink; do
    printf '[filter:%s]\nuse = egg:swift#%s\n' "$f" "${f//-/_}"
  done >>"$etc/proxy.conf"
}

server_answers() { http "$url/healthcheck"; }

server_up() {
  need swift-proxy swift-account swift-container swift-object memcached curl
  mkdir -p "$dir/cache" "$data/d1"
  write_common
  write_backend object "$object_port"
  write_backend container "$container_port"
  write_backend account "$account_port"
  write_proxy
  write_rings

  local swift=(python3 "$etc/daemon.py") kind kind_port
  start memcached "$cache_port" memcached -l 127.0.0.1 -p "$cache_port" -U 0 -u "$(id -un)"
  for kind in object container account; do
    kind_port=${kind}_port
    start $kind "${!kind_port}" "${swift[@]}" /usr/bin/swift-$kind-server "$etc/$kind.conf" -v
  done
  start container-updater 0 "${swift[@]}" /usr/bin/swift-container-updater "$etc/container.conf" -v # account totals
  start proxy "$port" "${swift[@]}" /usr/bin/swift-proxy-server "$etc/proxy.conf" -v
  wait_for 180 proxy server_answers
  wait_for 180 proxy open_account "$url/auth/v1.0" test:tester testing "$tempurl_key" # the account server may lag behind the proxy

  exports SREGISTRY_TEST_SERVER=openstack \
    SREGISTRY_SWIFT_USER=test:tester SREGISTRY_SWIFT_TOKEN=testing SREGISTRY_SWIFT_URL="$url" \
    SREGISTRY_TEST_USER2=test2:tester2 SREGISTRY_TEST_TOKEN2=testing2 \
    SREGISTRY_TEST_USER3=test:tester3 SREGISTRY_TEST_TOKEN3=testing3 \
    SREGISTRY_TEST_ADMIN=admin:admin SREGISTRY_TEST_ADMIN_TOKEN=admin \
    SREGISTRY_TEST_TEMPURL_KEY="$tempurl_key"
}

run "$@"
