#!/bin/bash
# reproducible.sh: builds the program twice, from copies of this checkout in two folders and with two empty
# build caches, and fails unless both have one hash, which it prints. Anybody with the same Go can so
# compare a binary that somebody else built.

set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/sregistry-shell-build.XXXXXX")
trap 'rm -rf "$work"' EXIT

# build FOLDER: the hash of the program built there.
build() {
  mkdir -p "$1/source"
  git ls-files -z --cached --others --exclude-standard | tar --null --ignore-failed-read -T - -cf - | tar -xf - -C "$1/source"
  (
    cd "$1/source"
    GOCACHE=$1/cache CGO_ENABLED=0 GOFLAGS='' go build -trimpath -buildvcs=false -o "$1/sregistry-shell" ./cmd/sregistry-shell
  )
  sha256sum <"$1/sregistry-shell" | cut -d ' ' -f 1
}

first=$(build "$work/one")
second=$(build "$work/a/much longer/other folder")
echo "$first"
[ "$first" = "$second" ] || { echo "the second build has another hash: $second" >&2; exit 1; }
