# shellcheck shell=bash
# What oldtools.sh and strangers.sh share: checks that print a line each, and other people's client. A script that
# sources this has set `shell`, the program, and ends with: tally

checks=0 failures=0 failed=''
swift() { /usr/bin/python3 /usr/bin/swift "$@"; }

# wrong FORMAT ARGUMENT...: a check fails.
wrong() {
  local text
  # shellcheck disable=SC2059 # it is one
  printf -v text "FAIL  $1\n" "${@:2}"
  failures=$((failures + 1)) failed+=$text
  printf %s "$text"
}

# does TITLE COMMAND...: it exits 0.
does() {
  local title=$1 out code=0
  shift
  checks=$((checks + 1))
  out=$("$@" 2>&1) || code=$?
  if [ $code = 0 ]; then
    printf 'ok    %s\n' "$title"
  else
    wrong '%s: %s: exit %d\n%s' "$title" "$*" $code "$out"
  fi
}

# is TITLE WANT COMMAND...: it prints WANT.
is() {
  local title=$1 want=$2 got
  shift 2
  checks=$((checks + 1))
  got=$("$@" 2>errors)
  if [ "$got" = "$want" ]; then
    printf 'ok    %s\n' "$title"
  else
    wrong '%s: %s: "%s", want "%s"\n%s' "$title" "$*" "$got" "$want" "$(<errors)"
  fi
}

# ours VERB ARGUMENT EXPRESSION: what the expression says of each VALUE the program prints as JSON.
ours() {
  "${shell:?}" --json "$1" "$2" | /usr/bin/python3 -c '
import json, sys
for line in sys.stdin:
    answer = json.loads(line)
    for value in answer if isinstance(answer, list) else [answer]:
        print(eval(sys.argv[1]))' "$3"
}

# tally: how many there were; false when one failed. What failed first is told once more: many others follow it.
tally() {
  [ $failures = 0 ] || head -n 20 <<<"$failed"
  printf '%d checks, %d failed\n' $checks $failures
  [ $failures = 0 ]
}
