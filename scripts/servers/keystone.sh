#!/bin/bash
# keystone.sh up | stop DAEMON | down [--wipe] | status | --help
#
# A real OpenStack Keystone (identity API v3) on 127.0.0.1, and a second proxy, which obeys it, of the Swift that
# openstack-swift.sh runs; up starts that one too. Needs Debian 12 and root, neither systemd nor Docker. Missing
# packages are installed by apt.
#
#   eval "$(scripts/servers/keystone.sh up)"    the exports are on stdout, all else on stderr
#
# up is safe to repeat; a changed setting takes effect after down. down stops Keystone and its proxy and leaves the
# rest of Swift to `openstack-swift.sh down`. down --wipe removes Keystone's database: with it go the projects' ids,
# so objects stored through it cannot be reached any more. status exits 1 unless everything runs and answers.
# stop ends one daemon, such as proxy, as an outage would; up brings it back.
#
# Users (domain Default; name/password): demo/demo-secret owns the account of project demo; reader/reader-secret is
# in project demo with no rights but those an ACL gives; guest/guest-secret owns the account of project lab;
# admin/admin-secret of project admin may set account quotas. demo has an application credential, too.
#
# Settings by environment (defaults):
#   SREGISTRY_SERVERS_DIR   ${TMPDIR:-/tmp}/sregistry-shell-servers; everything is in keystone/ and openstack/ there
#   KEYSTONE_PORT           Keystone (5000)
#   KEYSTONE_PROXY_PORT     the proxy behind it (8091)
#   SREGISTRY_TEST_TEMPURL_KEY (tempurl-secret)
#   and those of openstack-swift.sh

name=keystone
daemons=(keystone proxy)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

port=${KEYSTONE_PORT:-5000}
proxy_port=${KEYSTONE_PROXY_PORT:-8091}
tempurl_key=${SREGISTRY_TEST_TEMPURL_KEY:-tempurl-secret}
auth_url=http://127.0.0.1:$port/v3
proxy_url=http://127.0.0.1:$proxy_port
conf=$dir/etc/keystone.conf
swift_etc=$base/openstack/etc

write_conf() {
  cat >"$conf" <<CONF
[database]
connection = sqlite:///$dir/keystone.db
sqlite_synchronous = false
[fernet_tokens]
key_repository = $dir/fernet
[fernet_receipts]
key_repository = $dir/receipts
[credential]
key_repository = $dir/credential
CONF
}

make_database() {
  manage() { keystone-manage --config-file "$conf" "$@" >>"$dir/log/manage.log" 2>&1; }
  say "making the database"
  (umask 077 && mkdir -p "$dir"/{fernet,receipts,credential})
  manage db_sync
  manage fernet_setup --keystone-user "$(id -un)" --keystone-group "$(id -gn)"
  manage credential_setup --keystone-user "$(id -un)" --keystone-group "$(id -gn)"
  manage bootstrap --bootstrap-password admin-secret --bootstrap-region-id RegionOne \
    --bootstrap-public-url "$auth_url" --bootstrap-internal-url "$auth_url" --bootstrap-admin-url "$auth_url"
  # A reader that stays open locks the default journal: "database is locked" on every second write.
  python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("PRAGMA journal_mode=WAL")' "$dir/keystone.db"
  touch "$dir/database.ready"
}

# make_users: projects, users, roles, the catalog's entry for Swift, the application credential. Prints the
# credential's id.
make_users() {
  say "making projects and users"
  python3 - "$auth_url" "$proxy_url" <<'PY'
import sys
from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session
from keystoneclient.v3.client import Client

auth_url, proxy_url = sys.argv[1:]


def sign_in(user, project):
    return Client(session=Session(Password(
        auth_url, username=user, password=user + "-secret", project_name=project,
        user_domain_id="default", project_domain_id="default")))


def ensure(manager, name, *args, **kw):
    return next((x for x in manager.list() if x.name == name), None) or manager.create(name, *args, **kw)


admin = sign_in("admin", "admin")
for user, project, role in (("swift", "service", "admin"), ("demo", "demo", "member"), ("reader", "demo", "reader"),
                            ("guest", "lab", "member"), ("admin", "admin", "ResellerAdmin")):
    project = ensure(admin.projects, project, domain="default")
    owner = ensure(admin.users, user, domain="default", password=user + "-secret")
    admin.roles.grant(ensure(admin.roles, role), user=owner, project=project)
swift = ensure(admin.services, "swift", "object-store")
url = proxy_url + "/v1/AUTH_%(project_id)s"
endpoints = {e.interface: e for e in admin.endpoints.list(service=swift)}
for interface in ("public", "internal", "admin"):
    if interface not in endpoints:
        admin.endpoints.create(swift, url, interface, "RegionOne")
    elif endpoints[interface].url != url:
        admin.endpoints.update(endpoints[interface], url=url)
demo = sign_in("demo", "demo")
print(ensure(demo.application_credentials, "sregistry-shell", secret="appcred-secret").id)
PY
}

# write_proxy: Swift's own proxy with the other kind of sign-in.
write_proxy() {
  {
    sed -e "s/^bind_port = .*/bind_port = $proxy_port/" -e '/^pipeline/s/tempauth/authtoken keystoneauth/' \
      "$swift_etc/proxy.conf"
    cat <<CONF
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
www_authenticate_uri = $auth_url
auth_url = $auth_url
auth_type = password
username = swift
password = swift-secret
project_name = service
user_domain_id = default
project_domain_id = default
delay_auth_decision = true
cache = swift.cache
[filter:keystoneauth]
use = egg:swift#keystoneauth
operator_roles = admin, member
CONF
  } >"$dir/etc/proxy.conf"
}

# v3_login: sign in as demo; print storage URL and token.
v3_login() {
  http -D "$dir/run/login.head" -o "$dir/run/login.body" -H 'Content-Type: application/json' "$auth_url/auth/tokens" -d '
    {"auth": {"identity": {"methods": ["password"], "password": {"user":
      {"name": "demo", "password": "demo-secret", "domain": {"id": "default"}}}},
     "scope": {"project": {"name": "demo", "domain": {"id": "default"}}}}}' || return 1
  python3 - "$dir/run/login.body" <<'PY'
import json, sys
catalog = json.load(open(sys.argv[1]))["token"]["catalog"]
print(*[e["url"] for s in catalog if s["type"] == "object-store" for e in s["endpoints"] if e["interface"] == "public"])
PY
  tr -d '\r' <"$dir/run/login.head" | awk 'tolower($1) == "x-subject-token:" { print $2 }'
}

open_demo() {
  local answer
  answer=$(v3_login) || return 1
  set_tempurl_key "${answer%%$'\n'*}" "${answer##*$'\n'}" "$tempurl_key"
}

keystone_answers() { http "$auth_url"; }

server_answers() { keystone_answers && http "$proxy_url/healthcheck"; }

server_up() {
  "$(dirname "$0")/openstack-swift.sh" up >/dev/null 9>&-
  need python3-keystone python3-keystonemiddleware python3-keystoneclient uwsgi-plugin-python3 curl
  write_conf
  [ -e "$dir/database.ready" ] || make_database
  # This HTTP socket cannot keep a connection, and says so only when told to.
  start keystone "$port" env OS_KEYSTONE_CONFIG_FILES="$conf" uwsgi --plugin python3 --http-socket "127.0.0.1:$port" \
    --wsgi-file /usr/bin/keystone-wsgi-public --buffer-size 65535 --need-app --die-on-term \
    --add-header 'Connection: close'
  wait_for 180 keystone keystone_answers
  # appcred: the credential's id, for the ports it was made with
  if [ "$(cut -d' ' -f2- "$dir/appcred" 2>/dev/null)" != "$auth_url $proxy_url" ]; then
    local id
    id=$(make_users)
    echo "$id $auth_url $proxy_url" >"$dir/appcred"
  fi
  write_proxy
  start proxy "$proxy_port" python3 "$swift_etc/daemon.py" /usr/bin/swift-proxy-server "$dir/etc/proxy.conf" -v
  wait_for 180 proxy server_answers
  wait_for 180 proxy open_demo

  # Those of another server, which the same shell may have taken before, would go first.
  echo unset SREGISTRY_SWIFT_USER SREGISTRY_SWIFT_TOKEN SREGISTRY_SWIFT_URL
  exports SREGISTRY_TEST_SERVER=keystone \
    OS_IDENTITY_API_VERSION=3 OS_AUTH_URL="$auth_url" OS_REGION_NAME=RegionOne \
    OS_USERNAME=demo OS_PASSWORD=demo-secret OS_PROJECT_NAME=demo \
    OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default \
    SREGISTRY_TEST_APPCRED_ID="$(cut -d' ' -f1 "$dir/appcred")" SREGISTRY_TEST_APPCRED_SECRET=appcred-secret \
    SREGISTRY_TEST_USER2=guest SREGISTRY_TEST_TOKEN2=guest-secret SREGISTRY_TEST_PROJECT2=lab \
    SREGISTRY_TEST_USER3=reader SREGISTRY_TEST_TOKEN3=reader-secret SREGISTRY_TEST_PROJECT3=demo \
    SREGISTRY_TEST_ADMIN=admin SREGISTRY_TEST_ADMIN_TOKEN=admin-secret SREGISTRY_TEST_ADMIN_PROJECT=admin \
    SREGISTRY_TEST_TEMPURL_KEY="$tempurl_key"
}

run "$@"
