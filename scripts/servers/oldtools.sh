#!/bin/bash
# oldtools.sh SREGISTRY-SHELL
#
# sregistry-cli beside the program SREGISTRY-SHELL, in one collection at the endpoint that SREGISTRY_SWIFT_USER,
# SREGISTRY_SWIFT_TOKEN and SREGISTRY_SWIFT_URL name, else OS_* for Keystone. What stands for sregistry-cli makes the
# requests of its release 0.2.39, by the client that it used (python3-swiftclient), under the names of each of its
# releases. Prints a line a check; exits 1 when one fails.
#
# Needs python3-swiftclient and curl. It makes a container of its own and removes it.

set -uo pipefail
[ $# = 1 ] || { sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shell=$(realpath "$1")
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$(realpath "$0")")/checks.sh"
collection=oldtools-$$-$RANDOM
work=$(mktemp -d "${TMPDIR:-/tmp}/oldtools.XXXXXX")
cd "$work" || exit 1
export HOME=$work
user=${SREGISTRY_SWIFT_USER:-} secret=${SREGISTRY_SWIFT_TOKEN:-} url=${SREGISTRY_SWIFT_URL:-}
unset "${!ST_@}" "${!SREGISTRY_@}"
if [ -n "$user" ]; then
  unset "${!OS_@}"
  export ST_AUTH=${url%/}/auth/v1.0 ST_USER=$user ST_KEY=$secret
  export SREGISTRY_SWIFT_USER=$user SREGISTRY_SWIFT_TOKEN=$secret SREGISTRY_SWIFT_URL=$url
fi

# Its "legacy" way to sign in asks at /auth/. Where nothing answers there, as with tempauth, people gave it a token.
access=$(swift auth) || { echo "cannot sign in at ${ST_AUTH:-${OS_AUTH_URL:-}}" >&2; exit 1; }
if [ -z "$user" ] || ! curl -sf -o /dev/null -H "X-Auth-User: $user" -H "X-Auth-Key: $secret" "${url%/}/auth/"; then
  OLD_STORAGE_URL=$(sed -n 's/^export OS_STORAGE_URL=//p' <<<"$access") OLD_TOKEN=$(sed -n 's/^export OS_AUTH_TOKEN=//p' <<<"$access")
  export OLD_STORAGE_URL OLD_TOKEN
fi

cat >old.py <<'PYTHON'
import os, sys
import swiftclient
from swiftclient.exceptions import ClientException

env = os.environ
if "OLD_TOKEN" in env:
    storage = swiftclient.Connection(preauthurl=env["OLD_STORAGE_URL"], preauthtoken=env["OLD_TOKEN"])
else:
    storage = swiftclient.Connection(user=env["ST_USER"], key=env["ST_KEY"], authurl=env["SREGISTRY_SWIFT_URL"] + "/auth/")
command, collection, name, file = (sys.argv[1:] + [""] * 3)[:4]
if command == "push":  # the collection is asked for by a listing; whatever goes wrong means that it is missing
    try:
        storage.get_container(collection)
    except Exception:
        storage.put_container(collection)
    with open(file, "rb") as content:
        storage.put_object(collection, name, contents=content.read(), content_type="application/octet-stream")
elif command == "pull":  # a listing first, then the whole object into memory; nothing is compared
    storage.get_container(collection)
    try:
        header, content = storage.get_object(collection, name)
    except ClientException:
        sys.exit("%s does not exist" % name)
    with open(file, "wb") as out:
        out.write(content)
elif command == "search":  # every listing there is, and the object's name must hold the query
    for container in storage.get_account()[1]:
        try:
            listed = storage.get_container(container["name"])[1]
        except ClientException as e:
            if e.http_status == 404:  # somebody else's, who deleted it meanwhile
                continue
            raise
        for o in listed:
            if container["name"] == collection and name in o["name"]:
                print("%s/%s" % (container["name"], o["name"]))
PYTHON
old() { /usr/bin/python3 old.py "$@"; }

# old_pull NAME WANT, our_pull IMAGE WANT: what comes is the file WANT.
old_pull() { rm -f back && old pull "$collection" "$1" back && cmp back "$2"; }
our_pull() { rm -f back && "$shell" pull --no-cache --name back "$collection/$1" && cmp back "$2"; }

tags() { ours versions "$collection/$1" 'value["tag"] + " " + value["object"]'; }
images() { swift list "$collection" | grep -v '^\.segments/'; }
refused() { ! "$@"; }

finish() {
  swift delete "$collection" >/dev/null 2>&1
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# What begins like a SIF is taken for one.
image() { { printf '#!/usr/bin/env run-singularity\n\0SIF_MAGIC\0'; head -c "$2" /dev/urandom; } >"$1"; }
image one.sif 100000
image two.sif 150000
image large.sif 3500000

echo "== 0.2.39 and this shell take turns with one image"
does 'it pushes' old push "$collection" x:latest.sif one.sif
does 'we pull that' our_pull x one.sif
does 'we push other bytes' "$shell" push --name "$collection/x" two.sif
is 'there is one object' x:latest.sif images
does 'it pulls the new bytes' old_pull x:latest.sif two.sif
is 'it finds the image' "$collection/x:latest.sif" old search "$collection" x
does 'we push in segments' "$shell" push --segment-size 1048576 --name "$collection/x" large.sif
does 'it pulls what is in segments' old_pull x:latest.sif large.sif
does 'it pushes over that' old push "$collection" x:latest.sif one.sif
does 'we pull what it pushed' our_pull x one.sif
is 'we believe no hash of before' '' ours stat "$collection/x" 'value["sha256"]'
does 'no segment is in use: clean' "$shell" clean --remove --older 0
is 'nothing else is left' x:latest.sif swift list "$collection"
does 'we push the bytes that it pushed' "$shell" push --name "$collection/x" one.sif
is 'their hash is recorded' "$(sha256sum <one.sif | cut -d ' ' -f 1)" ours list "$collection/x" 'value["sha256"]'
does 'it pulls them' old_pull x:latest.sif one.sif
does 'we delete it' "$shell" delete "$collection/x"
does 'it finds nothing any more' refused old_pull x:latest.sif one.sif
export SREGISTRY_SWIFT_NAMING=colon
does 'naming=colon: we push a new image' "$shell" push --name "$collection/y:v1" one.sif
does 'naming=colon: it pulls that' old_pull y:v1.sif one.sif
does 'naming=colon: we copy it' "$shell" copy "$collection/y:v1" "$collection/y:v2"
does 'naming=colon: it pulls the copy' old_pull y:v2.sif one.sif
does 'naming=colon: we move it' "$shell" copy --move "$collection/y:v2" "$collection/y:v3"
does 'naming=colon: it pulls what was moved' old_pull y:v3.sif one.sif
does 'naming=colon: we delete them' "$shell" delete --yes "$collection/y:*"
unset SREGISTRY_SWIFT_NAMING

echo "== the names of its releases"
# Release, object, and how people name the image.
while IFS='|' read -r release object name; do
  tag=${name#*:} stem=${name%%:*}
  does "$release pushes $object" old push "$collection" "$object" one.sif
  does "$object: our pull" our_pull "$name" one.sif
  does "$object: our pull by the object's name" our_pull "$object" one.sif
  is "$object: our list" "$object" ours list "$collection/$stem" 'value["object"]'
  is "$object: our search" "$collection/$object" ours search "$collection/$stem" value
  is "$object: our versions" "$tag $object" tags "$stem"
  does "$object: our push over it" "$shell" push --name "$collection/$name" two.sif
  is "$object: stays where it is" "$object" images
  does "$object: old pull of what we pushed" old_pull "$object" two.sif
  is "$object: our versions then" "$tag $object" tags "$stem"
  does "$object: our copy" "$shell" copy "$collection/$name" "$collection/copied:$tag"
  does "$object: our pull of the copy" our_pull "copied:$tag" two.sif
  does "$object: our delete of the copy" "$shell" delete "$collection/copied:$tag"
  does "$object: our delete" "$shell" delete "$collection/$name"
  is "$object: nothing is left" '' swift list "$collection"
done <<'NAMES'
before 0.0.99|ubuntu:18.04.simg|ubuntu:18.04
before 0.0.99|ubuntu:18.04.img|ubuntu:18.04
0.0.99 to 0.1.36|ubuntu-18.04.simg|ubuntu:18.04
0.0.99 to 0.1.36|hello-world-latest.simg|hello-world:latest
0.0.99 to 0.1.36|img-TaG.simg|img:TaG
0.0.99 to 0.1.36|hello-world-latest@5d41402abc4b2a76b9719d911017c592.simg|hello-world:latest
0.1.37 to 0.2.22|ubuntu-18.04.sif|ubuntu:18.04
0.1.37 to 0.2.22|x_1-v2-rc1.sif|x_1:v2-rc1
0.2.23 to 0.2.39|ubuntu:18.04.sif|ubuntu:18.04
0.2.23 to 0.2.39|hello-world:latest@5d41402abc4b2a76b9719d911017c592.sif|hello-world:latest
NAMES

tally
