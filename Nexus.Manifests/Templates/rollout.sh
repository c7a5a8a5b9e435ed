#!/usr/bin/env bash
# Brings this bundle to its machines over SSH, one at a time: checks all of them first, drains each worker, installs, waits until it is
# well, puts it back to use. The first failure stops it. Hosts must be known: their keys are checked (ssh-keyscan is for you to judge).
#   rollout.sh [deploy | back | check | status] [options]
#     deploy             bring every machine to this bundle (the default)
#     back               bring every machine back to the release it had before, in the reverse order
#     check              check every machine; change nothing
#     status             which release each machine has
#     --only NAME        this machine alone; may be repeated
#     --binaries DIR     the programs, as eng/publish.sh makes them (./binaries); with systemd only
#     --consul FILE      a Consul program for machines that have none; with systemd only
#     --secrets DIR      as secrets.sh made them ($NEXUS_SECRETS, else ~/.config/nexus/secrets/CLUSTER)
#     --accept CHECKS    handed to install.sh
#     --by-name          log in by the machines' names, as ~/.ssh/config knows them, and not by their private addresses
#     --ssh-config FILE  in place of ~/.ssh/config
#     --dry-run          say what would be done
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LC_ALL=C

say() { echo "rollout: $*"; }
die() { echo "rollout: $*" >&2; exit 1; }
usage() { sed -n '2,18s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# shellcheck source=/dev/null
. "$here/cluster.env"
verb=deploy only=' ' binaries=$here/binaries by_name=no dry_run=no accept=() consul=''
secrets=${NEXUS_SECRETS:-${HOME:-/root}/.config/nexus/secrets/$CLUSTER}
ssh_options=(-o StrictHostKeyChecking=yes -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=15 -p "$SSH_PORT")
while [ $# -gt 0 ]; do
  case $1 in
    deploy | back | check | status) verb=$1 ;;
    --only) only="$only${2:?--only needs a name} "; shift ;;
    --binaries) binaries=${2:?--binaries needs a folder}; shift ;;
    --consul) consul=${2:?--consul needs a file}; shift ;;
    --secrets) secrets=${2:?--secrets needs a folder}; shift ;;
    --accept) accept=(--accept "${2:?--accept needs the names of checks}"); shift ;;
    --by-name) by_name=yes ;;
    --ssh-config) ssh_options+=(-F "${2:?--ssh-config needs a file}"); shift ;;
    --dry-run) dry_run=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

# In the order of nodes.tsv: Consul's servers first, workers last.
names=() addresses=() roles=() workers=0
while IFS=$'\t' read -r name address role; do
  names+=("$name") addresses+=("$address") roles+=(" $role ")
  [[ " $role " != *" worker "* ]] || workers=$((workers + 1))
done <"$here/nodes.tsv"
for name in $only; do
  [[ " ${names[*]} " == *" $name "* ]] || die "--only $name: this bundle has ${names[*]}"
done
chosen=()
for i in "${!names[@]}"; do
  if [ "$only" = ' ' ] || [[ $only == *" ${names[i]} "* ]]; then chosen+=("$i"); fi
done

sudo=''
[ "$SSH_USER" = root ] || sudo='sudo -n '

# on I COMMAND: runs it there; standard input goes along.
on() {
  local host=${addresses[$1]}
  [ "$by_name" = no ] || host=${names[$1]}
  # shellcheck disable=SC2029 # Made here, run there.
  ssh "${ssh_options[@]}" "$SSH_USER@$host" "$2"
}

# nexus COMMAND...: the nexus command of the first manager that answers.
nexus() {
  local i code
  for i in "${!names[@]}"; do
    [[ ${roles[i]} == *" manager "* ]] || continue
    on "$i" "command -v nexus >/dev/null && nexus status >/dev/null 2>&1" </dev/null || continue
    code=0
    on "$i" "nexus $*" </dev/null || code=$?
    return "$code"
  done
  return 69 # No manager answers.
}

has_release() { on "$1" "test -e /opt/nexus/$2" </dev/null; }

# send I FOLDER SUBFOLDER: a folder of ours, below the staging folder there.
send() {
  [ "$dry_run" = no ] || { say "would send $2 to ${names[$1]}:$3"; return 0; }
  tar -C "$2" -czf - . | on "$1" "mkdir -p $3 && tar -xzf - -C $3"
}

stage() {
  local i=$1 name=${names[$1]}
  staging=/var/tmp/nexus-push
  [ "$dry_run" = yes ] || on "$i" "umask 077 && ${sudo}rm -rf $staging && mkdir $staging" </dev/null || return 1
  send "$i" "$here/nodes/$name" "$staging" || return 1
  send "$i" "$secrets/$name" "$staging/secrets" || return 1
  [ "$TARGET" = systemd ] || return 0
  send "$i" "$binaries" "$staging/bin" || return 1
  if [ -n "$consul" ] && [ "$dry_run" = no ]; then
    on "$i" "cat >$staging/consul/consul && chmod +x $staging/consul/consul" <"$consul" || return 1
  fi
}

unstage() { [ "$dry_run" = yes ] || on "$1" "${sudo}rm -rf /var/tmp/nexus-push" </dev/null; }

# Empties a worker; where there is no other, its replicas stay and outlive the restart of the agent.
drain() {
  local name=${names[$1]} code=0
  [[ ${roles[$1]} == *" worker "* ]] || return 0
  if [ "$workers" = 1 ]; then say "$name is the only worker: its replicas stay where they are"; return 0; fi
  [ "$dry_run" = no ] || { say "would drain $name"; return 0; }
  has_release "$1" current || code=$?
  case $code in
    0) ;;
    1) say "$name is new: nothing to drain"; return 0 ;;
    *) return "$code" ;; # Not its word, but ssh's.
  esac
  say "draining $name"
  nexus drain "$name" --wait --reason "'rollout of $VERSION'" || code=$?
  [ "$code" != 69 ] || die "no manager answers, so $name cannot be drained; nothing was changed there"
  return "$code"
}

uncordon() {
  [[ ${roles[$1]} == *" worker "* ]] && [ "$workers" -gt 1 ] && [ "$dry_run" = no ] || return 0
  local attempt code
  # A node that has just come is known after a moment.
  for attempt in 1 2 3 4 5 6; do
    code=0
    nexus uncordon "${names[$1]}" || code=$?
    [ "$code" != 0 ] || return 0
    [ "$attempt" = 6 ] || sleep "${NEXUS_ROLLOUT_PAUSE:-5}"
  done
  return "$code"
}

give_up() {
  echo "rollout: stopped at ${names[$1]}: $2. Machines after it were not touched." >&2
  echo "rollout: the way back: $0 back --only ${names[$1]}${3:+ (it is drained; put it back to use with: nexus uncordon ${names[$1]})}" >&2
  exit 1
}

install_one() {
  local i=$1 words
  [ "$dry_run" = no ] || { stage "$i"; drain "$i"; say "would run install.sh on ${names[i]}"; return 0; }
  say "${names[i]}: sending"
  stage "$i" || give_up "$i" "the bundle could not be sent"
  words="${sudo}/var/tmp/nexus-push/install.sh ${accept[*]:-}"
  on "$i" "$words --check" </dev/null || give_up "$i" "its checks refuse"
  drain "$i" || give_up "$i" "it could not be drained" drained
  on "$i" "$words" </dev/null || give_up "$i" "install.sh failed" drained
  unstage "$i" || true
  uncordon "$i" || give_up "$i" "it could not be put back to use" drained
}

back_one() {
  local i=$1
  [ "$dry_run" = no ] || { drain "$i"; say "would run /opt/nexus/previous/install.sh on ${names[i]}"; return 0; }
  has_release "$i" previous || give_up "$i" "it has no earlier release"
  drain "$i" || give_up "$i" "it could not be drained" drained
  on "$i" "${sudo}\$(readlink -f /opt/nexus/previous)/install.sh ${accept[*]:-}" </dev/null || give_up "$i" "its earlier install.sh failed" drained
  uncordon "$i" || give_up "$i" "it could not be put back to use" drained
}

# Nothing is touched before every machine can be reached.
reach_all() {
  local i unreachable=()
  [ "$dry_run" = no ] || return 0
  for i in "${chosen[@]}"; do
    on "$i" "${sudo}true" </dev/null || unreachable+=("${names[i]} (${addresses[i]})")
  done
  [ ${#unreachable[@]} -eq 0 ] || die "cannot log in as $SSH_USER: ${unreachable[*]}. Nothing was changed. Is the host's key in known_hosts, and yours on the host?"
}

need_files() {
  local i
  for i in "${chosen[@]}"; do
    [ -s "$secrets/${names[i]}/cert.pem" ] || die "there are no secrets for ${names[i]} in $secrets: run ./secrets.sh first"
  done
  [ "$TARGET" != systemd ] || [ -x "$binaries/nexus" ] || die "there are no programs in $binaries: eng/publish.sh --arch ${ARCHITECTURE/amd64/x64} --out $binaries"
}

case $verb in
  deploy)
    need_files
    reach_all
    for i in "${chosen[@]}"; do install_one "$i"; done
    # The first of several servers came before there was a quorum.
    say "done: ${#chosen[@]} machines have $VERSION"
    ;;
  back)
    reach_all
    for ((at = ${#chosen[@]} - 1; at >= 0; at--)); do back_one "${chosen[at]}"; done
    say "done: ${#chosen[@]} machines are back"
    ;;
  check)
    need_files
    reach_all
    failed=()
    for i in "${chosen[@]}"; do
      stage "$i"
      [ "$dry_run" = yes ] || on "$i" "${sudo}/var/tmp/nexus-push/install.sh ${accept[*]:-} --check" </dev/null || failed+=("${names[i]}")
      unstage "$i"
    done
    [ ${#failed[@]} -eq 0 ] || die "refused by ${failed[*]}"
    ;;
  status)
    for i in "${chosen[@]}"; do
      found=$(on "$i" "readlink /opt/nexus/current || echo none; readlink /opt/nexus/previous || true" </dev/null) || found='cannot log in'
      found=${found//\/opt\/nexus\/releases\//}
      printf '%s\t%s\n' "${names[i]}" "${found/$'\n'/, before: }"
    done
    ;;
esac
