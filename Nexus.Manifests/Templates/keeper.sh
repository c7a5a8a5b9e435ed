#!/usr/bin/env bash
# Restarts a container of Nexus that runs and does not answer: Docker restarts only what has ended. nexus-keeper.service runs this.
# Each part is asked every few seconds whether its loops turn. Whether Consul or other machines are well is no part of that answer: their
# absence restarts nothing. LIMIT_part seconds without a good answer, and three bad ones in a row, cost a container its life.
# /etc/nexus/keeper.local.env may set LIMIT_part, START_LIMIT and PAUSE anew.
# shellcheck disable=SC2153 # What is in capitals stands in node.env.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
export LC_ALL=C

# A container that has just started may take this long to its first good answer.
START_LIMIT=60 PAUSE=5
# shellcheck source=/dev/null
. "$here/node.env"
# shellcheck source=/dev/null
[ ! -r /etc/nexus/keeper.local.env ] || . /etc/nexus/keeper.local.env

# Seconds that no clock setting moves.
now() {
  local up
  read -r up _ </proc/uptime
  echo "${up%%.*}"
}

# alive HOST PORT PATH. A process that is stopped still takes connections, and says nothing.
alive() {
  local answer
  # shellcheck disable=SC2016 # The inner shell's own words.
  answer=$(timeout --signal=KILL 3 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf "GET %s HTTP/1.0\r\nHost: nexus\r\n\r\n" "$2" >&3 && head -c 12 <&3' "$1" "$2" "$3" 2>/dev/null) || return 1
  case $answer in HTTP/1.?' '[23]??) ;; *) return 1 ;; esac
}

# main_process PART: its id while the container runs; one that was stopped or paused is somebody's wish.
main_process() {
  local running paused id
  read -r running paused id < <(timeout 10 docker inspect --format '{{.State.Running}} {{.State.Paused}} {{.State.Pid}}' "nexus-$1" 2>/dev/null) || return 1
  [ "$running $paused" = 'true false' ] || return 1
  echo "$id"
}

# age PROCESS: the seconds it has lived; 0 when it is gone.
age() {
  local words
  { read -r words <"/proc/$1/stat"; } 2>/dev/null || { echo 0; return 0; }
  # Its name, in brackets, may be of several words; the moment of its start, in ticks, is the 20th thereafter.
  read -r -a words <<<"${words##*) }"
  echo $(($(now) - words[19] / $(getconf CLK_TCK)))
}

# restart PART SECONDS: no grace, for a process that hangs makes no use of it. Not while install.sh replaces things.
restart() {
  flock --nonblock /run/nexus-install.lock true || return 0
  echo "the $1 has been silent for $2 s: restarting nexus-$1"
  timeout 60 docker restart --time 0 "nexus-$1" >/dev/null || echo "nexus-$1 could not be restarted; trying again"
}

# keep PART, for ever.
keep() {
  local part=$1 url=ALIVE_$1 limit=LIMIT_$1 host port path good bad=0 process lived silent most
  url=${!url} limit=${!limit} path=/${url#*/} host=${url%%/*}
  port=${host##*:} host=${host%:*} good=$(now)
  while true; do
    if alive "$host" "$port" "$path"; then
      good=$(now) bad=0
    elif ! process=$(main_process "$part"); then
      bad=0
    else
      bad=$((bad + 1)) lived=$(age "$process") silent=$(($(now) - good)) most=$limit
      if [ "$silent" -ge "$lived" ]; then
        # It has not answered in its life yet.
        silent=$lived
        if [ "$most" -lt "$START_LIMIT" ]; then most=$START_LIMIT; fi
      fi
      if [ "$bad" -ge 3 ] && [ "$silent" -ge "$most" ]; then restart "$part" "$silent"; fi
    fi
    sleep "$PAUSE"
  done
}

for part in consul $PARTS; do keep "$part" & done
# Should one of them end, systemd starts all of them anew.
wait -n
exit 1
