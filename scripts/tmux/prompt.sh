#!/bin/bash
# Uses the prompt in a real tmux, as a person does: types, completes, pastes, interrupts a transfer,
# resizes. usage: prompt.sh SREGISTRY-SHELL; says a line a scenario, and exits 1 at the first that
# goes wrong.
set -euo pipefail

if [ $# != 1 ] || [ "$1" = --help ]; then
  sed -n '2,4s/^# //p' "$0"
  [ "${1:-}" = --help ]
  exit
fi
shell=$(realpath "$1")
work=$(mktemp -d)
socket=$work/tmux
tm() { tmux -u -f /dev/null -S "$socket" "$@"; }
cleanup() {
  tm kill-server 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

screen() { tm capture-pane -p -J -S -200 -t p; }
# see PATTERN: wait until the screen shows it.
see() {
  local end=$((SECONDS + 60)) shown
  until shown=$(screen) && grep -qE -- "$1" <<<"$shown"; do
    if [ $SECONDS -ge $end ]; then
      printf 'on the screen:\n%s\nnot seen: %s\n' "$shown" "$1" >&2
      exit 1
    fi
    sleep 0.05
  done
}
type() { tm send-keys -t p -l -- "$1"; }
key() { tm send-keys -t p "$@"; }
enter() { type "$1"; key Enter; }
# A bar that is not full, as those are that stay on the screen.
moving='(Hashing|Progress) +\|[=-]+\| +[0-9]{1,2}\.[0-9]%'
ok() { printf 'ok  %s\n' "$1"; }

unset XDG_CACHE_HOME XDG_CONFIG_HOME XDG_STATE_HOME
export HOME=$work/home TERM=xterm-256color LC_ALL=C.UTF-8
export PAGER="head -n 1; echo paged"
mkdir "$HOME" "$work/dir"
cd "$work/dir"
head -c 100000 /dev/urandom >pancake.sif
truncate -s 8G huge.sif
tm new-session -d -s p -x 100 -y 30 "exec '$shell' --embedded='$work/swift'"

see '^\[client\|swift\] \[database\|sqlite:////'
see '^> *$'
ok 'banner and prompt'

enter 'client.push("pancake.sif", "blueberry/pancake")'
see '^Creating collection blueberry'
see '^Progress \|={35}\| 100.0%'
enter 'client.search()'
see '^1  blueberry/pancake-latest.sif$'
ok 'typed: push and search'

type 'client.sea'
key Tab
see '^> client\.search\(?$'
key C-u
type 'client.push("panc'
key Tab
see 'client\.push\("pancake\.sif'
type ', "blue'
key Tab
see '"pancake\.sif", "blueberry/'
type 'x", {if_'
key Tab
see '\{if_absent='
key C-u
type '?fs.si'
key Tab
see '\?fs\.size'
key C-u
ok 'completed: a function, a file, a name in storage, an option, a topic of help'

printf 'function twice(x)\n\treturn x * 2\nend' >"$work/paste"
tm load-buffer "$work/paste"
tm paste-buffer -p -t p
key Enter
enter 'twice(21)'
see '^42$'
ok 'pasted: a function with tabs and line breaks, as one entry'

enter 'for i = 1, 2 do'
enter 'print("row", i)'
enter 'end'
see '^row	*  *2$|^row[[:space:]]+2$'
ok 'typed: a loop over lines'

enter 'kept = 7'
enter 'client.push("huge.sif", "blueberry/huge")'
see "$moving"
key C-c
see 'interrupted|canceled'
enter 'kept + 1'
see '^8$'
ok 'interrupted: a transfer; the variables are still there'

enter 'print("be" .. "gins") while true do end'
see '^begins$'
key C-c
enter 'kept + 2'
see '^9$'
enter 'print("waits") io.read()'
see '^waits$'
key C-c
see 'io.read: interrupted'
enter '!echo "sleeps"; sleep 60'
see '^sleeps$'
key C-c
see 'signal: interrupt'
enter '"still" .. " here"'
see '^"still here"$'
ok 'interrupted: a loop, a program that reads, a shell command'

enter 't = async(client.push, "huge.sif", "blueberry/later")'
see '^\[1\] > *$'
type 'kept = ke'
enter 'pt'
enter 't:cancel()'
enter 'print(t)'
see '^task 1: push blueberry/later \(canceled\)$'
see '^> *$'
ok 'in the background: a task, typed beside, canceled'

enter 'clinet.push()'
see 'attempt to index clinet, which is nil \(did you mean "client"\?\)'
enter 'help()'
see 'paged'
ok 'told: what was meant, and help by a pager'

type 'garbage ((('
key C-c
enter 'kept + 3'
see '^10$'
ok 'cleared: what was typed'

enter 'client.push("huge.sif", "blueberry/huge")'
see "$moving"
# tmux tells its programs of a new size only after a while, and what they draw meanwhile is torn: the bar
# that fits is waited for.
for size in 40:16 28:5 90:35; do # columns, and of the bar
  tm resize-window -t p -x ${size%:*} -y 30
  see "(Hashing|Progress) +\\|[=-]{${size#*:}}\\|"
done
key C-c
see '^in:20: push blueberry/huge: interrupted'
see '^> client.push\("huge.sif", "blueberry/huge"\)$'
ok 'resized while a transfer is drawn'

tm resize-window -t p -x 60 -y 20
enter '"after" .. " resizing"'
see '^"after resizing"$'
key Up
see '> "after" \.\. " resizing"'
key C-u
ok 'resized, and went back in history'

# at COLUMN,ROW: wait until the cursor is there, counted from the first row of the line.
at() {
  local end=$((SECONDS + 60)) first now
  # The line may scroll up while it grows.
  until first=$(($(tm capture-pane -p -t p | grep -nE '^>' | tail -n 1 | cut -d: -f1) - 1)) &&
    now=$(tm display-message -p -t p '#{cursor_x},#{cursor_y}') && [ "$now" = "${1%,*},$((first + ${1#*,}))" ]; do
    if [ $SECONDS -ge $end ]; then
      printf 'on the screen:\n%s\n' "$(screen)" >&2
      printf 'the cursor is at %s, the line begins at row %s, wanted %s\n' "$now" "$first" "$1" >&2
      exit 1
    fi
    sleep 0.05
  done
}
type 'w = "日本語é👍"'
see '^> w = "日本語é👍"$'
at 17,0
key Left Left
at 14,0
key Left Left Left
at 9,0
type 'x'
see '^> w = "日x本語é👍"$'
at 10,0
key BSpace
key DC
see '^> w = "日語é👍"$'
at 9,0
key C-e C-u
type '"日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語"'
at 5,1
key Left Left
at 2,1
key Left Left
at 57,0
key C-a
type '#'
at 3,0
key Enter
see '^90$'
ok 'typed and edited: wide characters, accents and emoji, over rows'

key DC
key C-z
enter 'kept + 4'
see '^11$'
ok 'Delete on an empty line does not leave, and Ctrl-Z stops nothing'

enter 'client.search("blueberry")[1]'
see '^"blueberry/pancake-latest.sif"$'
key C-d
end=$((SECONDS + 60))
while tm has-session -t p 2>/dev/null; do
  [ $SECONDS -lt $end ] || { screen >&2; echo 'Ctrl-D does not leave' >&2; exit 1; }
  sleep 0.05
done
[ "$(stat -c %a "$HOME"/.local/state/sregistry-shell/history)" = 600 ]
ok 'left by Ctrl-D; the history is private'
