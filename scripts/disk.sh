#!/bin/bash
# disk.sh BINARY: what the shell does on disks that are full, under quota or read-only, and with folders that vanish:
# a clear error with the right exit status, nothing half there, and the prompt goes on.
#
# Needs root and strace: the disks are small tmpfs in a mount namespace of their own, so nothing stays mounted. A quota
# is an EDQUOT that strace has a system call answer.

set -euo pipefail

[ $# = 1 ] || { echo "usage: $0 BINARY" >&2; exit 2; }
[ -n "${DISK_APART:-}" ] || DISK_APART=1 exec unshare --mount --propagation private "$0" "$@"

shell=$(realpath "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/sregistry-shell-disk.XXXXXX")
unset "${!SREGISTRY_@}" XDG_CACHE_HOME XDG_STATE_HOME XDG_CONFIG_HOME
export HOME=$work/home
mkdir "$HOME" "$work/disk"
disk=$work/disk
cd "$work"
serve='' tmux=''

finish() {
  [ -z "$tmux" ] || tmux -S "$tmux" kill-server 2>/dev/null || true
  [ -z "$serve" ] || kill "$serve" 2>/dev/null || true
  cd /
  umount "$disk" 2>/dev/null || umount -l "$disk" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

checks=0 a=a.sif
fail() { printf '%s\n' "$*" >&2; exit 1; }
# ends STATUS TEXT COMMAND...: the command ends with that status, and says something that matches. Never a crash.
ends() {
  local want=$1 text=$2 status=0 said
  shift 2
  said=$("$@" 2>&1) || status=$?
  [ $status = "$want" ] || fail "exit status $status, want $want: $*"$'\n'"$said"
  grep -qE -- "$text" <<<"$said" || fail "$*"$'\n'"says"$'\n'"$said"$'\n'"and not $text"
  ! grep -qE 'panic|goroutine' <<<"$said" || fail "$said"
  checks=$((checks + 1))
}
# holds NAME...: the disk holds these files, and no other.
holds() {
  local got
  got=$(cd "$disk" && find . -type f ! -name filler -printf '%P\n' | sort | tr '\n' ' ')
  [ "$got" = "$(printf '%s\n' "$@" | sort | sed '/^$/d' | tr '\n' ' ')" ] || fail "on the disk: $got, want: $*"
  checks=$((checks + 1))
}
# fill: take all room that is left. It is what another writer does.
fill() { dd if=/dev/zero of="$disk/filler" bs=4k oflag=append conv=notrunc status=none 2>/dev/null || true; }
# fresh OPTIONS: an empty disk.
fresh() {
  cd "$work"
  ! mountpoint -q "$disk" || umount "$disk"
  mount -t tmpfs -o "$1,mode=755" tmpfs "$disk"
}
# over_quota PATH COMMAND...: the command, with a quota that leaves no room in the file.
over_quota() {
  local path=$1
  shift
  strace -f -qq -o strace.log -P "$path" -e trace=write,pwrite64,fallocate,ftruncate \
    -e inject=write,pwrite64,fallocate:error=EDQUOT "$@"
}

"$shell" serve --addr 127.0.0.1:0 --data "$work/serve" >serve.env 2>serve.log &
serve=$!
for ((i = 0; i < 600; i++)); do
  ! grep -qs URL serve.env || break
  sleep 0.1
done
# shellcheck source=/dev/null
. ./serve.env
head -c 20000000 /dev/urandom >small.sif
head -c 40000000 /dev/urandom >large.sif
head -c 3000000 /dev/urandom >old.sif
for i in small large old; do SREGISTRY_DISABLE=yes "$shell" push $i.sif lab/$i; done

export SREGISTRY_DISABLE=yes

# No room: told before a byte comes.
fresh size=16m
cp old.sif "$disk/a.sif"
for i in small large; do
  ends 9 'no room in .*are missing' "$shell" pull lab/$i --name "$disk/a.sif" --force
  holds a.sif
  cmp old.sif "$disk/a.sif"
done

# meanwhile IMAGE STATUS TEXT WHAT...: a slow pull over an old file, which stands still while that happens, when a part of
# it is there.
meanwhile() {
  local image=$1 want=$2 text=$3 status=0 i pull
  shift 3
  "$shell" pull "lab/$image" --name "$disk/$a" --force --bwlimit 4M >pull.out 2>pull.log &
  pull=$!
  for ((i = 0; i < 1200; i++)); do
    [ -z "$(find "$disk" -name '*.part' -size +1M)" ] || break
    kill -0 $pull 2>/dev/null || fail "the pull ended too early: $(cat pull.log)"
    sleep 0.05
  done
  kill -STOP $pull
  "$@"
  kill -CONT $pull
  wait $pull || status=$?
  [ $status = "$want" ] || fail "exit status $status, want $want after $*: $(cat pull.log)"
  grep -qE -- "$text" pull.log || [ -z "$text" ] || fail "after $* the pull says $(cat pull.log), and not $text"
  checks=$((checks + 1))
}

# Somebody else fills the disk while a small image comes; a large one took its room first.
fresh size=64m
cp old.sif "$disk/a.sif"
meanwhile small 9 'no space left|no room' fill
holds a.sif
cmp old.sif "$disk/a.sif"
rm "$disk/filler"
ends 0 '' "$shell" pull lab/small --name "$disk/a.sif" --force
cmp small.sif "$disk/a.sif"
cp old.sif "$disk/a.sif"
meanwhile large 0 '' fill
cmp large.sif "$disk/a.sif"
holds a.sif

# No room for the journal, or for any other file.
fresh size=64m,nr_inodes=3 # the root, the lock, the part
ends 9 'no space left' "$shell" pull lab/large --name "$disk/a.sif"
fresh size=64m
part=a.sif.$("$shell" stat lab/large --json | grep -oE '"etag":"[0-9a-f]{16}' | cut -c9-).part
full_journal=(strace -f -qq -o strace.log -P "$disk/$part.journal" -e trace=write -e inject=write:error=ENOSPC)
ends 9 'no space left' "${full_journal[@]}" "$shell" pull lab/large --name "$disk/a.sif"
holds ''
"$shell" pull lab/large --name "$disk/a.sif" --bwlimit 4M >pull.out 2>pull.log &
pull=$!
for ((i = 0; i < 1200; i++)); do
  [ ! -s "$disk/$part.journal" ] || break
  sleep 0.05
done
kill -9 $pull
wait $pull 2>/dev/null || true
ends 0 '' "${full_journal[@]}" "$shell" pull lab/large --name "$disk/a.sif"
grep -q 'INJECTED' strace.log || fail "nothing was written to the journal $part.journal"
cmp large.sif "$disk/a.sif"
holds a.sif

# Quotas.
fresh size=64m
ends 9 'quota' over_quota "$disk/$part" "$shell" pull lab/large --name "$disk/a.sif"
holds ''

# A folder that vanishes under a pull, and one that never was.
for i in small large; do
  fresh size=64m
  ends 3 'no folder' "$shell" pull lab/$i --name "$disk/none/a.sif"
  cp old.sif "$disk/a.sif"
  mkdir "$disk/dir"
  a=dir/a.sif
  meanwhile $i 3 'vanished|removed' rm -rf "$disk/dir"
  a=a.sif
  holds a.sif
done

# The local library: database and images.
unset SREGISTRY_DISABLE
fresh size=24m
export SREGISTRY_DATABASE=$disk SREGISTRY_STORAGE=$disk/shub
ends 0 '' "$shell" add small.sif --name kept/small --copy
before=$("$shell" images --json)
fill
ends 9 'no room|no space' "$shell" add old.sif --name kept/old --copy
ends 9 'no room' "$shell" pull lab/large
ends 9 'no room|no space|are missing' "$shell" pull lab/old
[ "$("$shell" images --json)" = "$before" ] || fail "the library holds other images than before"
SREGISTRY_STORAGE=$work/shub ends 0 'not recorded: no room' "$shell" pull lab/large # whole, and the library's own place
rm "$disk/filler"
[ -z "$(find "$disk" -name '*.part*')" ] || fail "left on the full disk: $(find "$disk" -name '*.part*')"
ends 0 '' "$shell" pull lab/old
ends 0 '' "$shell" get lab/old
fresh size=64m
cp old.sif "$disk/mine.sif"
ends 0 '' "$shell" add small.sif --name kept/small --copy
ends 9 'quota|no room' strace -f -qq -o strace.log -P "$disk/sregistry.db" -P "$disk/sregistry.db-journal" \
  -e trace=pwrite64 -e inject=pwrite64:error=EDQUOT "$shell" add old.sif --name kept/old --copy
ends 9 'quota|no room' strace -f -qq -o strace.log -P "$disk/sregistry.db" -P "$disk/sregistry.db-journal" \
  -e trace=pwrite64 -e inject=pwrite64:error=EDQUOT "$shell" add "$disk/mine.sif" --name kept/old --move
[ "$("$shell" images --json | wc -l)" = 1 ] || fail "the library holds other images than before"
cmp old.sif "$disk/mine.sif"
[ "$(find "$disk/shub" -name '*.sif' | wc -l)" = 1 ] || fail "in the library's folder: $(find "$disk/shub")"
ends 0 '' "$shell" add old.sif --name kept/old --copy
unset SREGISTRY_DATABASE SREGISTRY_STORAGE
export SREGISTRY_DISABLE=yes

# The settings file.
fresh size=1m
export SREGISTRY_CLIENT_SECRETS=$disk/settings
ends 0 '' "$shell" backend add swift SREGISTRY_SWIFT_USER me
cp "$disk/settings" before
fill
ends 9 'no space' "$shell" backend add --force swift SREGISTRY_SWIFT_USER "$(head -c 4000 /dev/zero | tr '\0' x)"
cmp before "$disk/settings"
holds settings settings.lock
mount -o remount,ro "$disk"
ends 4 'read-only' "$shell" backend add --force swift SREGISTRY_SWIFT_USER you
cmp before "$disk/settings"
unset SREGISTRY_CLIENT_SECRETS

# The cache of tokens: somebody signs in once more.
fresh size=1m
fill
XDG_CACHE_HOME=$disk ends 0 'small' "$shell" search lab/
[ -z "$(find "$disk" -name '*.json*' -size +0)" ] || fail "half a token is in the cache"

# A home that cannot be written, with a library: what needs no home works.
fresh size=1m
mount -o remount,ro "$disk"
unset SREGISTRY_DISABLE
HOME=$disk ends 0 '' "$shell" pull lab/old --name here.sif
cmp old.sif here.sif
HOME=$disk ends 4 'read-only' "$shell" add old.sif --name kept/old
HOME=$disk ends 0 'without the local library: .*read-only' "$shell" pull lab/old
cmp old.sif old-latest.sif
cd "$disk"
HOME=$disk ends 4 'read-only' "$shell" pull lab/old --no-cache
cd "$work"
export SREGISTRY_DISABLE=yes

# The prompt: a history that cannot be written, the current folder gone. type TEXT; see PATTERN.
type_() { tmux -S "$tmux" send-keys -t p -l -- "$1" \; send-keys -t p Enter; }
see() {
  local end=$((SECONDS + 60)) screen
  until screen=$(tmux -S "$tmux" capture-pane -p -J -S -200 -t p) && grep -qE -- "$1" <<<"$screen"; do
    [ $SECONDS -lt $end ] || fail "on the screen:"$'\n'"$screen"$'\n'"not seen: $1"
    sleep 0.05
  done
  checks=$((checks + 1))
}
for how in full read-only; do
  fresh size=1m
  mkdir "$work/gone"
  tmux=$work/tmux-$how # its own: the server of the one before may not be gone yet
  [ $how = full ] || printf '"_=1"\n' >"$disk/history"
  fill
  [ $how = full ] || mount -o remount,ro "$disk"
  tmux -f /dev/null -S "$tmux" new-session -d -s p -x 120 -y 30 -c "$work/gone" \
    "SREGISTRY_HISTORY='$disk/history' exec '$shell'"
  see '^> *$'
  type_ '40 + 2'
  see 'history: .*(no space left|read-only)'
  see '^42$'
  type_ '21 * 2 + 1'
  see '^43$'
  rmdir "$work/gone"
  type_ 'client.pull("lab/old", "x.sif")'
  see 'pull lab/old: .*(no such|no folder|is gone)'
  type_ 'client.pull("lab/old")'
  see 'pull lab/old: .*(no such|no folder|is gone)'
  type_ 'client.push("old.sif", "lab/new")'
  see 'push lab/new: .*no such'
  type_ '!pwd'
  type_ 'client.exists("lab/old")'
  see '^true$'
  type_ exit
  for ((i = 0; i < 1200; i++)); do
    tmux -S "$tmux" has-session -t p 2>/dev/null || break
    sleep 0.05
  done
  [ $how = read-only ] || holds history
done
echo "$checks checks of disks hold"
