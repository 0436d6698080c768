#!/bin/bash
# day.sh PROGRAM
#
# A day at a site, on the server that the environment names (as the exports of openstack-swift.sh, keystone.sh and
# ceph.sh do): a cron job and its revoked secret, a job array, a library that a group shares, a node without a
# network, a colleague with rights, a full quota, a promotion, sregistry-cli beside us, and a nightly script that is
# terminated among object names that somebody chose to do harm. Exits 1 at the first thing that is wrong.
#
# Needs root for other users and networks, and curl. It makes collections of its own, and removes them.

set -euo pipefail
umask 022
[ $# = 1 ] || { sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2; }

work=$(mktemp -d "${TMPDIR:-/tmp}/sregistry-shell-day.XXXXXX")
collection=day-$$-$RANDOM
nightly=''
mkdir "$work/bin" "$work/home" "$work/node" "$work/images"
cp "$1" "$work/bin/sregistry-shell"
chmod 711 "$work" # other users run the program, and see their homes
cd "$work"

# Whose settings: the owner's and the colleague's.
if [ -n "${OS_AUTH_URL:-}" ]; then
  at=(OS_AUTH_URL="$OS_AUTH_URL" OS_REGION_NAME="$OS_REGION_NAME" OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default)
  mine=("${at[@]}" OS_USERNAME="$OS_USERNAME" OS_PASSWORD="$OS_PASSWORD" OS_PROJECT_NAME="$OS_PROJECT_NAME")
  hers=("${at[@]}" OS_USERNAME="$SREGISTRY_TEST_USER2" OS_PASSWORD="$SREGISTRY_TEST_TOKEN2" OS_PROJECT_NAME="$SREGISTRY_TEST_PROJECT2")
  there=OS_STORAGE_URL
else
  mine=(SREGISTRY_SWIFT_USER="$SREGISTRY_SWIFT_USER" SREGISTRY_SWIFT_TOKEN="$SREGISTRY_SWIFT_TOKEN" SREGISTRY_SWIFT_URL="$SREGISTRY_SWIFT_URL")
  hers=(SREGISTRY_SWIFT_USER="$SREGISTRY_TEST_USER2" SREGISTRY_SWIFT_TOKEN="$SREGISTRY_TEST_TOKEN2" SREGISTRY_SWIFT_URL="$SREGISTRY_SWIFT_URL")
  there=SREGISTRY_SWIFT_OS_STORAGE_URL
fi

wrong() {
  tail -n 8 out err >&2 || true
  printf 'day.sh: %s\n' "$*" >&2
  exit 1
}

# clean VARIABLE=VALUE... COMMAND...: with nothing else set. A login node knows more, a cron job does not.
clean() { env -i PATH="$work/bin:/usr/bin:/bin" "$@"; }
me() { clean HOME="$work/home" "${mine[@]}" "$@"; }
shell() { me sregistry-shell "$@"; }
# exits STATUS COMMAND...: it exits so; out and err keep what it says.
exits() {
  local want=$1 code=0
  shift
  "$@" >out 2>err || code=$?
  [ $code = "$want" ] || wrong "$*: exit $code, not $want"
}
# silent COMMAND...: it succeeds, and neither stream has a byte.
silent() {
  exits 0 "$@"
  [ ! -s out ] || wrong "$*: it is not silent"
  [ ! -s err ] || wrong "$*: it is not silent"
}
# one_line WHAT: the command before told it in one line, on the right stream.
one_line() {
  [ ! -s out ] || wrong "$1 is told on standard output"
  [ "$(wc -l <err)" = 1 ] || wrong "$1 is not told in one line"
}
# said PATTERN: the command before printed a line that matches.
said() { grep -qE -- "$1" out || wrong "it does not say $1"; }
# counted LEAST MOST PATTERN FILE...: so many lines match.
counted() {
  local n
  n=$(cat "${@:4}" | grep -cE -- "$3") || true
  if [ "$n" -lt "$1" ] || [ "$n" -gt "$2" ]; then wrong "$n lines have $3, which was to be $1 to $2"; fi
  echo "  $n ($1 to $2): $3"
}
same() { cmp "$1" "$2" || wrong "$1 and $2 differ"; }
holds() { printf '%s: ok (%d s)\n' "$1" $SECONDS; SECONDS=0; }

# image FILE BYTES: one that runs, as a SIF does.
image() { { printf '#!/bin/sh\necho this is %s\nexit 0\n' "$1"; head -c "$2" /dev/urandom; } >"$1"; }
# field NAME: of the owner's token, the only one that is kept in his home.
field() { sed 's/.*"'"$1"'":"\([^"]*\)".*/\1/' "$work"/home/.cache/sregistry-shell/tokens/*.json | head -n 1; }
# json PATH: what an answer has there.
json() { /usr/bin/python3 -c "import json, sys; print(json.load(sys.stdin)$1)"; }
# raw METHOD PATH CURL-ARGUMENT...: a request of another program; the path is encoded.
raw() { curl -fsS --path-as-is --max-time 60 -X "$1" -H "X-Auth-Token: $token" "$storage/$2" "${@:3}"; }
encoded() {
  local LC_ALL=C i c
  for ((i = 0; i < ${#1}; i++)); do
    c=${1:i:1}
    case $c in
      [a-zA-Z0-9/._~-]) printf %s "$c" ;;
      *) printf %s "$c" | od -An -tx1 | tr -d '\n' | tr ' ' % ;;
    esac
  done
}

# revoke: what the cron job signs in by is no longer good.
revoked=yes
revoke() {
  if [ -n "${OS_AUTH_URL:-}" ]; then
    curl -fsS -X DELETE -H "X-Auth-Token: $token" "$OS_AUTH_URL/users/$user/application_credentials/$id"
  else
    radosgw-admin subuser rm --uid="$user" --subuser="$user:$collection" --purge-keys >out 2>err
  fi
  revoked=yes
}

finish() {
  local code=$? c name
  trap - EXIT
  [ $revoked = yes ] || revoke || true
  [ -z "$nightly" ] || kill "$nightly" 2>>swept || true
  for c in "$collection" "$collection-full" "$collection-old"; do
    shell -e "for image in client.each('$c/') do client.delete(image) end" >>swept 2>&1 || true
    raw DELETE "$c" >>swept 2>&1 || true
  done
  for name in "${hostile[@]}"; do raw DELETE "$collection-hostile/$(encoded "$name")" >>swept 2>&1 || true; done
  raw DELETE "$collection-hostile" >>swept 2>&1 || true
  rm -rf "$work"
  exit $code
}
hostile=()
exits 0 shell whoami
storage=$(field storage_url) token=$(field token)
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- A cron job: the script of README.md, in the environment that cron gives.
cat >nightly.sh <<SH
set -e
sregistry-shell "\$@" run sync images $collection
sregistry-shell "\$@" run prune $collection --keep 5 --yes --json >>prune.log
SH
cron() { clean HOME="$work/home" LOGNAME=root SHELL=/bin/sh /bin/sh -c ". \$HOME/swift.env && cd $work && sh nightly.sh $1"; }
(umask 077 && printf 'export %q\n' "${mine[@]}" >home/swift.env)
for i in {1..30}; do image "images/tool$i:v1.sif" 30000; done
silent cron ''
silent cron ''
exits 0 cron --debug
counted 2 10 debug err
shell search "$collection/" >out
[ "$(grep -c "$collection/tool" out)" = 30 ] || wrong 'not all images were pushed'
# The secret is revoked: on Ceph that of a user of its own, on Keystone an application credential, and where users
# are lines of the server's settings, the secret is another one from today on.
if [ -n "${OS_AUTH_URL:-}" ]; then
  user=$(curl -fsS -H "X-Auth-Token: $token" -H "X-Subject-Token: $token" "$OS_AUTH_URL/auth/tokens" | json '["token"]["user"]["id"]')
  curl -fsS -o made -H "X-Auth-Token: $token" -H 'Content-Type: application/json' "$OS_AUTH_URL/users/$user/application_credentials" \
    -d '{"application_credential": {"name": "'"$collection"'", "secret": "day-secret-0123456789"}}'
  revoked=no
  id=$(json '["application_credential"]["id"]' <made)
  printf 'export %q\n' OS_AUTH_URL="$OS_AUTH_URL" OS_REGION_NAME="$OS_REGION_NAME" OS_AUTH_TYPE=v3applicationcredential \
    OS_APPLICATION_CREDENTIAL_ID="$id" OS_APPLICATION_CREDENTIAL_SECRET=day-secret-0123456789 >home/swift.env
  silent cron ''
  revoke
  rm home/.cache/sregistry-shell/tokens/* # Swift believes a token for minutes after Keystone has revoked it
elif [ "${SREGISTRY_TEST_SERVER:-}" = ceph ]; then
  user=${SREGISTRY_SWIFT_USER%%:*}
  revoked=no
  radosgw-admin subuser create --uid="$user" --subuser="$user:$collection" --access=full --key-type=swift --secret=day-secret-0123456789 >out 2>err
  printf 'export %q\n' SREGISTRY_SWIFT_USER="$user:$collection" SREGISTRY_SWIFT_TOKEN=day-secret-0123456789 SREGISTRY_SWIFT_URL="$SREGISTRY_SWIFT_URL" >home/swift.env
  silent cron ''
  revoke
else
  printf 'export SREGISTRY_SWIFT_TOKEN=day-secret-0123456789\n' >>home/swift.env
fi
exits 4 cron ''
one_line 'a revoked secret'
! grep -q day-secret err || wrong 'the secret is told'
holds 'cron: silent, few requests, a revoked secret'

# --- A job array: each task pulls by the same line; one of them does it.
image big.sif 41943040
silent shell push --name "$collection/big" big.sif
tasks=()
for i in {1..40}; do
  clean HOME="$work/home" XDG_CACHE_HOME="$work/array" SREGISTRY_DISABLE=yes "${mine[@]}" \
    sregistry-shell --debug pull --name scratch-big.sif "$collection/big" >"task$i.out" 2>"task$i.err" &
  tasks+=($!)
done
for i in "${!tasks[@]}"; do wait "${tasks[i]}" || { cp "task$((i + 1)).err" err; wrong "task $((i + 1)) of the array fails"; }; done
same big.sif scratch-big.sif
counted 1 3 'GET .*/big-latest.sif ' task*.err
counted 1 1 '(/auth/v1.0|/auth/tokens): ' task*.err
counted 0 0 . task*.out
[ -z "$(find . -name 'scratch-big.sif?*')" ] || wrong 'parts are left'
holds 'array: 40 tasks, one download'

# --- A group shares a library: two members write, somebody else reads.
mkdir -m 2775 group
chgrp 54320 group
chmod 2775 group
member() { # member UID GROUPS COMMAND...
  mkdir -p "home$1" && chown "$1" "home$1"
  setpriv --reuid "$1" --regid "$1" "$2" env -i PATH="$work/bin:/usr/bin:/bin" HOME="$work/home$1" SREGISTRY_DATABASE="$work/group/base" \
    SREGISTRY_STORAGE="$work/group/shub" "${mine[@]}" sh -c 'umask 002; cd; exec "$@"' sh "${@:3}"
}
one() { member 54321 '--groups=54320' "$@"; }
two() { member 54322 '--groups=54320' "$@"; }
stranger() { member 54323 --clear-groups "$@"; }
silent one sregistry-shell pull "$collection/tool1:v1"
exits 0 two sregistry-shell get "$collection/tool1:v1"
said "^$work/group/shub/"
same "$(<out)" images/tool1:v1.sif
exits 0 two sregistry-shell --debug pull "$collection/tool1:v1"
counted 0 0 'GET .*/tool1-v1.sif' err
counted 1 9 'GET' err
silent two sregistry-shell pull "$collection/tool2:v1"
silent one sregistry-shell pull "$collection/tool3:v1"
exits 0 one sregistry-shell rm "$collection/tool2:v1"
exits 3 two sregistry-shell get "$collection/tool2:v1"
exits 0 two sregistry-shell rm "$collection/tool3:v1"
exits 0 stranger sh -c "\$(sregistry-shell get $collection/tool1:v1)"
said '^this is images/tool1:v1.sif$'
exits 4 stranger sregistry-shell rm "$collection/tool1:v1"
exits 0 one sregistry-shell get "$collection/tool1:v1"
holds 'group: two members and a stranger'

# --- A node without a network, and without settings.
offline() { unshare -n env -i PATH="$work/bin:/usr/bin:/bin" HOME="$work/node" "$@"; }
clean HOME="$work/node" "${mine[@]}" sregistry-shell pull "$collection/tool4:v1"
exits 0 offline sregistry-shell images
said "$collection/tool4:v1"
exits 0 offline sregistry-shell get "$collection/tool4:v1"
said "^$work/node/.*\.sif$"
exits 0 offline sh -c "\$(sregistry-shell get $collection/tool4:v1)"
said '^this is images/tool4:v1.sif$'
silent offline sregistry-shell pull --offline "$collection/tool4:v1"
silent offline sregistry-shell pull --offline --name node.sif "$collection/tool4:v1"
same node.sif images/tool4:v1.sif
exits 3 offline sregistry-shell pull --offline "$collection/tool5:v1"
exits 5 offline "${mine[@]}" sregistry-shell --timeout 3s search "$collection/"
one_line 'that there is no network'
holds 'a node without a network'

# --- A colleague of another account may read one collection, until she may not.
her() { clean HOME="$work/hers" "${hers[@]}" "$there=$storage" sregistry-shell "$@"; }
exits 4 her search "$collection/"
exits 0 shell access "$collection" --read "${SREGISTRY_TEST_PROJECT2:-$SREGISTRY_TEST_USER2}" # her project by its name, with Keystone
exits 0 her search "$collection/"
said "$collection/tool1-v1.sif"
silent her pull --no-cache --name hers.sif "$collection/big"
same hers.sif big.sif
exits 4 her push --name "$collection/tool1:v1" big.sif
exits 4 her delete --yes "$collection/tool1:v1"
exits 0 shell access "$collection" --read ''
exits 4 her pull --no-cache --name hers2.sif "$collection/tool1:v1"
[ ! -e hers2.sif ] || wrong 'there is a file that she may not have'
holds 'a colleague'

# --- A quota is full: nothing is lost, and there is room again when it grows.
image small.sif 100000
image large.sif 900000
silent shell push --name "$collection-full/a" small.sif
raw POST "$collection-full" -H 'X-Container-Meta-Quota-Bytes: 500000'
exits 9 shell push --name "$collection-full/a" large.sif
one_line 'a full quota'
exits 9 shell push --name "$collection-full/b" --segment-size 200000 large.sif
silent shell pull --no-cache --name full.sif "$collection-full/a"
same full.sif small.sif
raw POST "$collection-full" -H 'X-Container-Meta-Quota-Bytes: 50000000'
silent shell push --name "$collection-full/a" large.sif
holds 'a full quota'

# --- What was tested is promoted, and keeps its bytes.
exits 0 shell copy "$collection/big" "$collection/big:v1"
silent shell push --name "$collection/big" small.sif
silent shell pull --no-cache --name promoted.sif "$collection/big:v1"
same promoted.sif big.sif
holds 'a promotion'

# --- Objects as sregistry-cli has called them, from 2018 on, and as 0.2.39 reads them.
raw PUT "$collection-old" -o made
raw PUT "$collection-old/$(encoded ubuntu:18.04.sif)" -o made -H 'Content-Type: application/octet-stream' -T small.sif
raw PUT "$collection-old/hello-world-latest.simg" -o made -H 'Content-Type: application/octet-stream' -T large.sif
exits 0 shell search "$collection-old/"
said "$collection-old/hello-world-latest.simg"
said "$collection-old/ubuntu:18.04.sif"
silent shell pull --no-cache --name old1.sif "$collection-old/ubuntu:18.04"
silent shell pull --no-cache --name old2.sif "$collection-old/hello-world"
same old1.sif small.sif
same old2.sif large.sif
silent shell push --name "$collection-old/ubuntu:18.04" large.sif
silent shell push --name "$collection-old/hello-world" small.sif
raw GET "$collection-old/ubuntu%3A18.04.sif" -o theirs && same theirs large.sif
raw GET "$collection-old/hello-world-latest.simg" -o theirs && same theirs small.sif
silent me SREGISTRY_SWIFT_NAMING=colon sregistry-shell push --name "$collection-old/new:v1" small.sif
raw GET "$collection-old/new%3Av1.sif" -o theirs && same theirs small.sif
raw GET "$collection-old" >out
[ "$(grep -c . out)" = 3 ] || wrong 'there are more objects than images'
holds 'sregistry-cli beside us'

# --- A nightly script is terminated among names that somebody chose to do harm.
good=('a b.sif' "\$(touch pwned).sif" "\`touch pwned\`.sif" ';touch pwned;.sif' '-rf.sif' '--help.sif' "\"'.sif" '%41.sif' '..%2f..%2fpwned.sif'
  'ünï.sif' '😀.sif' '*.sif' '~.sif' '#x?y=z&.sif' 'a\b.sif' '...sif' 'dir/deep/er.sif' '|cat.sif' '{a,b}.sif' "=cmd|'-x'.sif")
hostile=("${good[@]}" ../../pwned.sif dir/../../pwned.sif /abs/pwned.sif $'new\nline.sif' $'\e]0;pwned\a.sif' $'rtl\u202efis.sif' x//y.sif)
raw PUT "$collection-hostile" -o made
mkdir sent deep deep/er
for i in "${!hostile[@]}"; do
  image "sent/$i" 250000
  raw PUT "$collection-hostile/$(encoded "${hostile[i]}")" -o made -T "sent/$i"
done
cd deep/er
SECONDS=0
# No function: the signal would end its shell, and leave the program at work. So slow that some are missing for long.
env -i PATH="$work/bin:/usr/bin:/bin" HOME="$work/home" "${mine[@]}" \
  sregistry-shell --bwlimit 400K run sync back "$collection-hostile" --pull >"$work/out" 2>"$work/err" &
nightly=$!
until [ "$(find back -type f -name '*.sif' 2>/dev/null | wc -l)" -ge 3 ]; do
  if [ $SECONDS -ge 300 ] || ! kill -0 $nightly; then cd "$work" && wrong 'the nightly script brings nothing'; fi
  sleep 0.05
done
kill -TERM $nightly
code=0
wait $nightly || code=$?
nightly=''
[ $code = 143 ] || { cd "$work"; wrong "terminated, it exits $code"; }
there=0
for i in "${!good[@]}"; do
  [ ! -e "back/${good[i]}" ] || { there=$((there + 1)); cmp "back/${good[i]}" "$work/sent/$i"; }
done
echo "  terminated with $there of ${#good[@]} there, all of them whole"
[ $there -lt ${#good[@]} ] || { cd "$work"; wrong 'it was done before it was terminated'; }
exits 0 me sregistry-shell run sync back "$collection-hostile" --pull
one_line 'what is left out'
grep -q '7 objects are left out' err || wrong 'it does not tell what it left out'
rm out err
for i in "${!good[@]}"; do same "back/${good[i]}" "$work/sent/$i"; done
[ "$(find . -type f | wc -l)" = ${#good[@]} ] || { find . >&2; wrong 'there are other files'; }
cd "$work"
[ -z "$(find . -name '*pwned*' ! -path './deep/er/back/*')" ] || wrong 'something was written or run that should not have been'
[ ! -e /abs/pwned.sif ] || wrong 'a file lies outside of its folder'
holds 'a nightly script, terminated, over hostile names'
