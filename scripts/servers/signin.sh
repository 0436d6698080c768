#!/bin/bash
# signin.sh PROGRAM
#
# Signs in to the server of the environment in every way it has, and looks at what PROGRAM says of it: with the
# exports of keystone.sh by OS_* with a password, a token and application credentials, by SREGISTRY_SWIFT_*, by
# clouds.yaml; with those of openstack-swift.sh and ceph.sh the legacy way, by ST_*, with a token and a storage URL
# that are at hand. No secret may be in anything that is printed. Exits 1 at the first thing that is wrong.

set -euo pipefail
program=$(realpath "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/sregistry-shell-signin.XXXXXX")
trap 'rm -rf "$work"' EXIT
export HOME=$work/home
mkdir "$HOME"
cd "$work"
unset XDG_CACHE_HOME XDG_CONFIG_HOME SREGISTRY_CLIENT_SECRETS

wrong() {
  tail -n 20 "$work/out" >&2
  printf 'signin.sh: %s\n' "$*" >&2
  exit 1
}

# way NAME PATTERN [VARIABLE=VALUE...]: with nothing set but these, whoami succeeds and says PATTERN.
way() {
  local name=$1 pattern=$2
  shift 2
  env -i PATH="$PATH" HOME="$HOME" "$@" "$program" --debug whoami >"$work/out" 2>&1 || wrong "$name: exit $?"
  grep -qE "$pattern" "$work/out" || wrong "$name: no $pattern"
  cat "$work/out" >>"$work/all"
  printf '%s: ok\n' "$name"
}

# refused NAME VARIABLE=VALUE...: the server refuses, with exit status 4.
refused() {
  local name=$1 code=0
  shift
  env -i PATH="$PATH" HOME="$HOME" "$@" "$program" --debug whoami >"$work/out" 2>&1 || code=$?
  [ $code = 4 ] || wrong "$name: exit $code"
  cat "$work/out" >>"$work/all"
  printf '%s: refused, ok\n' "$name"
}

# told SECRET...: none of them is in anything that was printed.
told() {
  local s
  for s; do
    ! grep -qF -- "$s" "$work/all" || { grep -F -- "$s" "$work/all" >&2; wrong "a secret was printed"; }
  done
}

# field NAME: a field of the token that is kept; there is one file.
field() { sed 's/.*"'"$1"'":"\([^"]*\)".*/\1/' "$HOME"/.cache/sregistry-shell/tokens/*.json | head -n 1; }

if [ -n "${OS_AUTH_URL:-}" ]; then
  project=(OS_PROJECT_NAME="$OS_PROJECT_NAME" OS_PROJECT_DOMAIN_NAME=Default)
  owner=(OS_AUTH_URL="$OS_AUTH_URL" OS_USERNAME="$OS_USERNAME" OS_USER_DOMAIN_NAME=Default)
  way 'openrc, password' 'way: +keystonev3' "${owner[@]}" "${project[@]}" OS_PASSWORD="$OS_PASSWORD" OS_REGION_NAME="$OS_REGION_NAME" OS_ENDPOINT_TYPE=publicURL
  grep -qE "project: +$OS_PROJECT_NAME" "$work/out" || wrong 'no project'
  token=$(field token) storage=$(field storage_url) id=${storage##*AUTH_}
  way 'openrc, project by id' "storage: +$storage" "${owner[@]}" OS_PASSWORD="$OS_PASSWORD" OS_PROJECT_ID="$id" OS_INTERFACE=internal
  way 'openrc, token' "storage: +$storage" OS_AUTH_URL="${OS_AUTH_URL%/v3}" OS_TOKEN="$token" OS_PROJECT_ID="$id"
  way 'openrc, token and storage URL' 'way: +preauth' OS_AUTH_TOKEN="$token" OS_STORAGE_URL="$storage"
  way 'application credential by id' "storage: +$storage" OS_AUTH_URL="$OS_AUTH_URL" OS_AUTH_TYPE=v3applicationcredential \
    OS_APPLICATION_CREDENTIAL_ID="$SREGISTRY_TEST_APPCRED_ID" OS_APPLICATION_CREDENTIAL_SECRET="$SREGISTRY_TEST_APPCRED_SECRET"
  # One more, made as a user would with curl, is signed in with by its name.
  user=$(curl -fsS -H "X-Auth-Token: $token" -H "X-Subject-Token: $token" "$OS_AUTH_URL/auth/tokens" | python3 -c 'import json, sys; print(json.load(sys.stdin)["token"]["user"]["id"])')
  name=signin-$$-$RANDOM
  curl -fsS -o "$work/made" -H "X-Auth-Token: $token" -H 'Content-Type: application/json' "$OS_AUTH_URL/users/$user/application_credentials" \
    -d '{"application_credential": {"name": "'$name'", "secret": "signin-appcred-secret"}}'
  way 'application credential by name' "storage: +$storage" "${owner[@]}" OS_APPLICATION_CREDENTIAL_NAME=$name OS_APPLICATION_CREDENTIAL_SECRET=signin-appcred-secret
  refused 'openrc, wrong password' "${owner[@]}" "${project[@]}" OS_PASSWORD=signin-wrong-secret
  sregistry=(SREGISTRY_SWIFT_AUTHTYPE=keystonev3 SREGISTRY_SWIFT_USER="$OS_USERNAME" SREGISTRY_SWIFT_TOKEN="$OS_PASSWORD" SREGISTRY_SWIFT_URL="${OS_AUTH_URL%/v3}")
  way 'SREGISTRY_SWIFT_*, keystonev3' "storage: +$storage" "${sregistry[@]}" SREGISTRY_SWIFT_PROJECT="$OS_PROJECT_NAME" SREGISTRY_SWIFT_DOMAIN=Default SREGISTRY_SWIFT_REGION="$OS_REGION_NAME"
  cat >clouds.yaml <<YAML
clouds:
  lab: {region_name: $OS_REGION_NAME, auth: {auth_url: "$OS_AUTH_URL", username: $OS_USERNAME, project_name: $OS_PROJECT_NAME, user_domain_name: Default, project_domain_name: Default}}
  cron: {auth_type: v3applicationcredential, auth: {auth_url: "$OS_AUTH_URL", application_credential_id: $SREGISTRY_TEST_APPCRED_ID}}
YAML
  cat >secure.yaml <<YAML
clouds:
  lab: {auth: {password: $OS_PASSWORD}}
  cron: {auth: {application_credential_secret: $SREGISTRY_TEST_APPCRED_SECRET}}
YAML
  way 'clouds.yaml, password' "storage: +$storage" OS_CLOUD=lab
  way 'clouds.yaml, application credential' "storage: +$storage" OS_CLOUD=cron
  env -i PATH="$PATH" HOME="$HOME" "$program" --os-cloud lab -e 'assert(connect{cloud="cron"}.whoami().storage == client.whoami().storage)'
  printf -- '--os-cloud and connect{cloud=}: ok\n'
  told "$OS_PASSWORD" "$SREGISTRY_TEST_APPCRED_SECRET" signin-appcred-secret signin-wrong-secret "$token"
else
  legacy=(SREGISTRY_SWIFT_USER="$SREGISTRY_SWIFT_USER" SREGISTRY_SWIFT_TOKEN="$SREGISTRY_SWIFT_TOKEN" SREGISTRY_SWIFT_URL="$SREGISTRY_SWIFT_URL")
  way 'legacy' 'way: +legacy' "${legacy[@]}"
  token=$(field token) storage=$(field storage_url)
  way 'legacy, by its name' "storage: +$storage" "${legacy[@]}" SREGISTRY_SWIFT_AUTHTYPE=legacy
  way 'legacy, a storage URL' "storage: +$storage" "${legacy[@]}" SREGISTRY_SWIFT_OS_STORAGE_URL="$storage"
  way 'ST_*' 'source: +ST_' ST_AUTH="$SREGISTRY_SWIFT_URL/auth/v1.0" ST_USER="$SREGISTRY_SWIFT_USER" ST_KEY="$SREGISTRY_SWIFT_TOKEN"
  way 'preauth' 'way: +preauth' SREGISTRY_SWIFT_AUTHTYPE=preauth SREGISTRY_SWIFT_OS_AUTH_TOKEN="$token" SREGISTRY_SWIFT_OS_STORAGE_URL="$storage"
  refused 'preauth, a dead token' SREGISTRY_SWIFT_AUTHTYPE=preauth SREGISTRY_SWIFT_OS_AUTH_TOKEN=AUTH_tk00000000000000000000000000000000 SREGISTRY_SWIFT_OS_STORAGE_URL="$storage"
  grep -q 'token expired' "$work/out" || wrong 'it does not say that the token expired'
  refused 'legacy, wrong secret' "${legacy[@]}" SREGISTRY_SWIFT_TOKEN=signin-wrong-secret
  # The settings file gives them when nothing else does.
  "$program" backend add swift user "$SREGISTRY_SWIFT_USER"
  "$program" backend add swift token <<<"$SREGISTRY_SWIFT_TOKEN"
  "$program" backend add swift url "$SREGISTRY_SWIFT_URL"
  way 'the settings file' 'source: +the settings file'
  told signin-wrong-secret "$token"
  case $SREGISTRY_SWIFT_TOKEN in
    ?????????*) told "$SREGISTRY_SWIFT_TOKEN" ;; # a shorter one is a word of other messages
  esac
fi
