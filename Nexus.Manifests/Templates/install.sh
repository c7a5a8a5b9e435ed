#!/usr/bin/env bash
# Makes this machine what node.env beside this script says. Run it as root, as often as you like: what is as it should be is left
# alone. Everything is checked before anything is changed.
#   install.sh [--check | --dry-run] [--accept CHECK[,CHECK]] [--secrets DIR]
#     --check        check only; change nothing
#     --dry-run      check, and say what would be done; change nothing
#     --accept       go on although these checks refuse: arch clock disk docker memory ports
#     --secrets DIR  this machine's secrets, made by secrets.sh (./secrets)
# It keeps two releases below /opt/nexus/releases. The way back is the other one's own script: /opt/nexus/previous/install.sh
# shellcheck disable=SC2153 # What is in capitals stands in node.env.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

root=/opt/nexus etc=/etc/nexus
mode=install accepted=, secrets=$here/secrets
refusals=() changed=()

say() { echo "install: $*"; }
die() { echo "install: $*" >&2; exit 1; }
usage() { sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

while [ $# -gt 0 ]; do
  case $1 in
    --check) mode=check ;;
    --dry-run) mode=dry-run ;;
    --accept) accepted=",${2:?--accept needs the names of checks},"; shift ;;
    --secrets) secrets=${2:?--secrets needs a folder}; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

[ -r "$here/node.env" ] || die "node.env is not beside this script ($here): copy the machine's whole folder."
# shellcheck source=/dev/null
. "$here/node.env"

has_part() { [[ " $PARTS " == *" $1 "* ]]; }
program_of() { case $1 in orchestrator) echo Nexus.Orchestrator ;; gateway) echo Nexus.Gateway ;; worker) echo Nexus.WorkerAgent ;; cli) echo nexus ;; esac }

# ---- Checks -------------------------------------------------------------------------------------------------------------

# refuse CHECK REASON: noted, unless the check was accepted.
refuse() {
  case $accepted in
    *",$1,"*) say "accepted: $2" ;;
    *) refusals+=("$2") ;;
  esac
}

# at_least FOUND NEEDED: whether one dotted version is not below another.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

check_root() {
  [ "$mode" != install ] || [ "$(id -u)" = 0 ] || refuse root "must be root; run it with sudo"
}

check_tools() {
  local tool
  for tool in ip ss nft sha256sum timeout awk flock; do
    command -v "$tool" >/dev/null || refuse tools "$tool is missing (Debian and Ubuntu: apt-get install iproute2 nftables coreutils gawk util-linux)"
  done
  [ -d /run/systemd/system ] || refuse systemd "systemd does not run this machine; both kinds of bundle need it"
  if [ "$TARGET" = systemd ] && command -v systemctl >/dev/null; then
    local version
    version=$(systemctl --version | awk 'NR == 1 { print $2 }')
    at_least "${version:-0}" 247 || refuse systemd "systemd is $version; 247 or later is needed"
  fi
}

check_arch() {
  local found
  case $(uname -m) in aarch64) found=arm64 ;; x86_64) found=amd64 ;; *) found=$(uname -m) ;; esac
  [ "$found" = "$ARCHITECTURE" ] || refuse arch "this machine is $found; the bundle is for $ARCHITECTURE (publish it again for $found, or use another machine)"
}

check_address() {
  local own
  own=$(ip -o addr show 2>/dev/null | awk '{ sub(/\/.*/, "", $4); print $4 }')
  [[ $'\n'"$own"$'\n' == *$'\n'"$NODE_ADDRESS"$'\n'* ]] ||
    refuse address "no interface has the address $NODE_ADDRESS of $NODE_NAME; found: $(echo "$own" | tr '\n' ' ')"
}

check_docker() {
  [ "$TARGET" = compose ] || { has_part worker && [ "$RUNTIME" = docker ]; } || return 0
  command -v docker >/dev/null || { refuse docker "Docker is missing; Docker Engine 20.10 or later is needed"; return 0; }
  local version
  version=$(docker version --format '{{.Server.Version}}' 2>/dev/null) || { refuse docker "no Docker Engine answers (systemctl start docker?)"; return 0; }
  at_least "$version" 20.10 || refuse docker "Docker Engine is $version; 20.10 or later is needed"
  if [ "$TARGET" = compose ] && ! docker compose version >/dev/null 2>&1 && ! command -v docker-compose >/dev/null; then
    refuse docker "Docker Compose is missing (the package docker-compose-plugin or docker-compose)"
  fi
}

# A port is taken when something listens on it that is not a part of Nexus.
check_ports() {
  local entry port owner line
  for entry in $LISTENS; do
    owner=${entry%:*} port=${entry##*:}
    while read -r line; do
      case $line in
        *'"consul"'* | *'"Nexus.'*) ;;
        *) refuse ports "port $port, which $owner needs, is taken: ${line:-by an unknown program}" ;;
      esac
    done < <(ss -Hltnp "sport = :$port" 2>/dev/null | awk '{ print $4, $6 }')
  done
  if [ -n "${SSH_CONNECTION:-}" ] && [ "${SSH_CONNECTION##* }" != "$SSH_PORT" ]; then
    refuse ssh "you came in by port ${SSH_CONNECTION##* }, and the firewall of this bundle only lets in port $SSH_PORT"
  fi
}

check_clock() {
  local synchronised=no
  if command -v timedatectl >/dev/null; then
    synchronised=$(timedatectl show -p NTPSynchronized --value 2>/dev/null || echo no)
  fi
  if [ "$synchronised" != yes ] && command -v chronyc >/dev/null && chronyc -n tracking 2>/dev/null | grep -q 'Leap status *: Normal'; then
    synchronised=yes
  fi
  [ "$synchronised" = yes ] || refuse clock "the clock is not synchronised (timedatectl set-ntp true, or chrony): certificates and events go by it"
}

check_room() {
  local free memory
  free=$(df -Pk /opt 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }')
  [ "${free:-0}" -ge 2048 ] || refuse disk "/opt has ${free:-0} MB left; 2048 are needed for two releases"
  free=$(df -Pk /var/lib 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }')
  [ "${free:-0}" -ge 2048 ] || refuse disk "/var/lib has ${free:-0} MB left; 2048 are needed"
  memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
  [ "$memory" -ge 900 ] || refuse memory "the machine has $memory MB of memory; 1024 are needed"
}

# Which processor a program is for, by its header.
machine_of() {
  case $(od -An -tx1 -j18 -N2 "$1" 2>/dev/null | tr -d ' ') in b700) echo arm64 ;; 3e00) echo amd64 ;; *) echo unknown ;; esac
}

check_programs() {
  [ "$TARGET" = systemd ] || return 0
  local part program
  for part in $PARTS cli; do
    program=$here/bin/$(program_of "$part")
    if [ ! -x "$program" ]; then
      refuse programs "${program#"$here"/} is missing: build them with eng/publish.sh, and copy them into bin/ beside this script"
    elif [ "$(machine_of "$program")" != "$ARCHITECTURE" ]; then
      refuse arch "${program#"$here"/} is for $(machine_of "$program"); the bundle is for $ARCHITECTURE"
    fi
  done
  local consul version
  consul=$(find_consul) || { refuse consul "consul is missing: install it, or copy it to consul/consul beside this script"; return 0; }
  version=$(consul_version "$consul")
  at_least "${version:-0}" 1.8 || refuse consul "$consul is version ${version:-unknown}; 1.8 or later is needed"
}

find_consul() { if [ -x "$here/consul/consul" ]; then echo "$here/consul/consul"; else command -v consul; fi; }
consul_version() { "$1" version 2>/dev/null | sed -n '1s/^Consul v\([0-9.]*\).*/\1/p'; }

check_secrets() {
  if [ ! -d "$secrets" ] && [ ! -e "$etc/secrets/complete" ] && [ "$MACHINES" = 1 ]; then
    command -v openssl >/dev/null || refuse secrets "openssl is missing; it makes the secrets of a single machine"
    return 0
  fi
  local file path problem
  if [ ! -d "$secrets" ] && [ ! -e "$etc/secrets/complete" ]; then
    refuse secrets "there are no secrets in $secrets: make them with secrets.sh where you keep the bundle, and copy those of $NODE_NAME (rollout.sh does)"
    return 0
  fi
  # What is installed is for root alone.
  [ -d "$secrets" ] || [ "$(id -u)" = 0 ] || return 0
  for file in $SECRET_FILES; do
    path=$(secret_path "$file")
    problem=$(problem_of "$file" "$path")
    [ -z "$problem" ] || refuse secrets "$path $problem: run secrets.sh again, and copy those of $NODE_NAME (rollout.sh does)"
  done
}

# secret_path FILE: the one that will be in force, here or already in its place.
secret_path() {
  if [ -d "$secrets" ]; then
    echo "$secrets/$1"
  else
    case $1 in *.pem) echo "$etc/consul/tls/$1" ;; *) echo "$etc/secrets/$1" ;; esac
  fi
}

# problem_of FILE PATH: what keeps it from being a secret, in words that do not repeat it; nothing when it is one.
problem_of() {
  local text names
  if [ ! -f "$2" ]; then echo "is missing"; return 0; fi
  text=$(tr -d '\r' <"$2")
  if [ -z "$text" ]; then echo "is empty"; return 0; fi
  case $1 in
    key.pem) [[ $text == *'-----BEGIN '*'PRIVATE KEY-----'* ]] || echo "is no private key in PEM" ;;
    *.pem) [[ $text == *'-----BEGIN CERTIFICATE-----'* ]] || echo "is no certificate in PEM" ;;
    gossip.key) [[ $text =~ ^([A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{32}|[A-Za-z0-9+/]{43}=)$ ]] || echo "is no gossip key (16, 24 or 32 bytes in base64), but maybe a placeholder" ;;
    *.token) [[ $text =~ ^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$ && $text != 00000000-0000-* ]] || echo "is no token (a UUID), but maybe a placeholder" ;;
    acl-tokens.tsv)
      names=$(awk -F '\t' 'NF != 2 || $2 !~ /^[0-9a-fA-F-]*$/ || length($2) != 36 { print $1 }' "$2" | xargs)
      [ -z "$names" ] || echo "has no token (a UUID) for $names"
      ;;
  esac
}

check_firewall() {
  command -v nft >/dev/null && [ "$(id -u)" = 0 ] || return 0
  local words
  words=$(nft -c -f "$here/etc/firewall.nft" 2>&1) || refuse firewall "nft refuses the firewall: $words"
}

run_checks() {
  local check reason
  for check in root tools arch address docker ports clock room programs secrets firewall; do
    "check_$check"
  done
  [ ${#refusals[@]} -gt 0 ] || return 0
  echo "install: refused; nothing was changed on $NODE_NAME:" >&2
  for reason in "${refusals[@]}"; do echo "  - $reason" >&2; done
  exit 1
}

# ---- Changes ------------------------------------------------------------------------------------------------------------

# One at a time; and the keeper of a machine's containers leaves alone what is being replaced.
hold_lock() {
  [ "$mode" = install ] || return 0
  exec 9>/run/nexus-install.lock
  flock --nonblock 9 || die "nothing was changed on $NODE_NAME: another install.sh runs there"
}

run() { if [ "$mode" = dry-run ]; then echo "would: $*"; else "$@"; fi; }
is_changed() { local it; for it in "${changed[@]}"; do [ "$it" != "$1" ] || return 0; done; return 1; }

# put WHAT SOURCE TARGET MODE OWNER: in place at once, and only if it differs; WHAT is then changed.
put() {
  local what=$1 source=$2 target=$3 bits=$4 owner=$5
  if [ "$mode" != dry-run ]; then
    # Owners may have been made anew.
    [ ! -e "$target" ] || { chmod "$bits" "$target" && chown "$owner" "$target"; }
  fi
  if cmp -s "$source" "$target"; then return 0; fi
  changed+=("$what")
  if [ "$mode" = dry-run ]; then echo "would: write $target"; return 0; fi
  mkdir -p "$(dirname "$target")"
  install -m "$bits" -o "${owner%:*}" -g "${owner#*:}" "$source" "$target.new"
  mv -fT "$target.new" "$target"
}

# put_text WHAT TARGET MODE OWNER < TEXT
put_text() {
  local scratch
  scratch=$(mktemp)
  cat >"$scratch"
  put "$1" "$scratch" "$2" "$3" "$4"
  rm -f "$scratch"
}

release_id() {
  local sum
  sum=$(cd "$here" && find . -type f ! -path './secrets/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum)
  echo "$VERSION-${sum:0:12}"
}

# The folder this script is in becomes a release, whole or not at all.
stage_release() {
  case $here in "$root"/releases/*) release=${here##*/}; return 0 ;; esac
  release=$(release_id)
  [ ! -e "$root/releases/$release" ] || return 0
  if [ "$mode" = dry-run ]; then echo "would: copy this folder to $root/releases/$release"; return 0; fi
  local staging=$root/releases/.staging
  rm -rf "$staging"
  mkdir -p "$staging"
  tar -C "$here" --exclude ./secrets -cf - . | tar -C "$staging" --no-same-owner -xf -
  chown -R root:root "$staging"
  chmod -R go-w,a+rX "$staging"
  mv -T "$staging" "$root/releases/$release"
}

point() { ln -sfn "$2" "$1.new" && mv -fT "$1.new" "$1"; }

switch_release() {
  local now
  now=$(readlink "$root/current" 2>/dev/null || true)
  [ "$now" != "$root/releases/$release" ] || return 0
  changed+=(release)
  if [ "$mode" = dry-run ]; then echo "would: point $root/current to releases/$release (now: ${now:-none})"; return 0; fi
  [ -z "$now" ] || point "$root/previous" "$now"
  point "$root/current" "$root/releases/$release"
  local old
  for old in "$root"/releases/*; do
    case $old in "$root/releases/$release" | "$now") ;; *) rm -rf "$old" ;; esac
  done
}

make_secrets() {
  [ ! -d "$secrets" ] && [ ! -e "$etc/secrets/complete" ] && [ "$MACHINES" = 1 ] || return 0
  say "making the secrets of this single machine in $root/secrets (keep a copy of them)"
  if [ "$mode" != dry-run ]; then "$here/secrets.sh" --dir "$root/secrets"; fi
  secrets=$root/secrets/$NODE_NAME
}

image_of() { sed -n "s/^${1^^}_IMAGE=//p" "$here/.env"; }

# How many files the containers may open: 65,536, or what this machine allows.
open_files() {
  local most
  most=$(ulimit -Hn)
  if [ "$most" != unlimited ] && [ "$most" -lt 65536 ]; then echo "$most"; else echo 65536; fi
}

# consul_of_image ARGUMENTS...: the Consul that the containers will run.
consul_of_image() {
  local folder=()
  [ ! -d /etc/nexus/consul ] || folder=(--volume /etc/nexus/consul:/etc/nexus/consul:ro)
  docker run --rm --network none --read-only --cap-drop ALL --ulimit "nofile=$(open_files)" --user 61100:61100 "${folder[@]}" --entrypoint /bin/consul "$(image_of consul)" "$@"
}

image_consul=''
# All images are there before anything is changed: a registry that is away, or a wrong name, shall cost nothing.
fetch_images() {
  [ "$TARGET" = compose ] || return 0
  local archive part image words
  for archive in "$here"/images/*.tar*; do
    [ ! -e "$archive" ] || run docker load --quiet --input "$archive"
  done
  for part in consul $PARTS cli; do
    image=$(image_of "$part")
    ! docker image inspect "$image" >/dev/null 2>&1 || continue
    if [ "$mode" = dry-run ]; then echo "would: docker pull $image"; continue; fi
    say "pulling $image"
    words=$(docker pull --quiet --platform "linux/$ARCHITECTURE" "$image" 2>&1) ||
      die "nothing was changed on $NODE_NAME: the image $image is not here and cannot be pulled (put it as images/*.tar.gz beside this script, or see to the registry): $words"
  done
  [ "$mode" != dry-run ] || return 0
  words=$(consul_of_image version 2>&1) || die "nothing was changed on $NODE_NAME: $(image_of consul) has no /bin/consul that runs: $words"
  image_consul=$(sed -n 's/^Consul v\([0-9.]*\).*/\1/p' <<<"$words")
  at_least "${image_consul:-0}" 1.8 || die "nothing was changed on $NODE_NAME: $(image_of consul) is version ${image_consul:-unknown}; 1.8 or later is needed"
}

# owner PART: who may read the part's files.
owner() {
  case $TARGET:$1 in
    systemd:consul) echo root:consul ;;
    compose:consul) echo root:61100 ;;
    systemd:*) echo root:root ;;
    compose:orchestrator) echo 61101:61101 ;;
    compose:gateway) echo 61102:61101 ;;
    compose:*) echo 61103:61101 ;;
  esac
}

make_users_and_folders() {
  if [ "$TARGET" = systemd ]; then
    put users "$here/systemd/nexus.sysusers" /etc/sysusers.d/nexus.conf 0644 root:root
    run systemd-sysusers /etc/sysusers.d/nexus.conf
  fi
  put folders "$here/systemd/nexus.tmpfiles" /etc/tmpfiles.d/nexus.conf 0644 root:root
  run systemd-tmpfiles --create /etc/tmpfiles.d/nexus.conf
}

put_secrets() {
  [ -d "$secrets" ] || return 0
  local part
  put consul "$secrets/ca.pem" /etc/nexus/consul/tls/ca.pem 0640 "$(owner consul)"
  put consul "$secrets/cert.pem" /etc/nexus/consul/tls/cert.pem 0640 "$(owner consul)"
  put consul "$secrets/key.pem" /etc/nexus/consul/tls/key.pem 0640 "$(owner consul)"
  for part in $PARTS; do
    put "$part" "$secrets/$part.token" "$etc/secrets/$part.token" 0400 "$(owner "$part")"
  done
  for part in agent dns management; do
    [ ! -e "$secrets/$part.token" ] || put consul "$secrets/$part.token" "$etc/secrets/$part.token" 0400 root:root
  done
  put consul "$secrets/gossip.key" "$etc/secrets/gossip.key" 0400 root:root
  [ ! -e "$secrets/acl-tokens.tsv" ] || put acl "$secrets/acl-tokens.tsv" "$etc/secrets/acl-tokens.tsv" 0400 root:root
  run touch "$etc/secrets/complete"
}

secret() { if [ -r "$etc/secrets/$1" ]; then cat "$etc/secrets/$1"; else cat "$secrets/$1"; fi; }

put_consul() {
  local dialect=1.14 management=initial_management version=''
  if [ "$TARGET" = systemd ]; then version=$(consul_version "$(find_consul)"); else version=$image_consul; fi
  if [ -n "$version" ] && ! at_least "$version" 1.14; then dialect=1.8 management=master; fi
  put consul "$here/consul/nexus.hcl" /etc/nexus/consul/nexus.hcl 0640 "$(owner consul)"
  put consul "$here/consul/dialect-$dialect.hcl" /etc/nexus/consul/dialect.hcl 0640 "$(owner consul)"
  if [ "$mode" = dry-run ]; then echo "would: write /etc/nexus/consul/secrets.hcl"; return 0; fi
  {
    echo "# Written by install.sh."
    echo "encrypt = \"$(secret gossip.key)\""
    echo "acl {"
    echo "  tokens {"
    echo "    agent = \"$(secret agent.token)\""
    echo "    default = \"$(secret dns.token)\""
    [ "$CONSUL_SERVER" = no ] || echo "    $management = \"$(secret management.token)\""
    echo "  }"
    echo "}"
  } | put_text consul /etc/nexus/consul/secrets.hcl 0640 "$(owner consul)"
  if [ "$TARGET" = systemd ]; then
    local program
    program=$(find_consul)
    mkdir -p "$root/bin"
    cmp -s "$program" "$root/bin/consul" || changed+=(consul)
    case $program in "$here"/*) program=$root/releases/$release/${program#"$here"/} ;; esac
    point "$root/bin/consul" "$program"
  fi
  local words consul=$root/bin/consul
  [ "$TARGET" = systemd ] || consul=consul_of_image
  # A login may open fewer files than the service, and Consul judges by what it finds.
  words=$(ulimit -Sn hard && "$consul" validate /etc/nexus/consul 2>&1) || die "Consul refuses its configuration: $words"
}

put_firewall() {
  put firewall "$here/etc/firewall.nft" "$etc/firewall.nft" 0644 root:root
  put firewall "$here/systemd/nexus-firewall.service" /etc/systemd/system/nexus-firewall.service 0644 root:root
  [ ! -d /etc/logrotate.d ] || put logrotate "$here/etc/logrotate.conf" /etc/logrotate.d/nexus 0644 root:root
  if [ "$TARGET" = compose ] && has_part gateway; then
    # The gateway is not root in its container, and its network is the machine's. Never above the usual: the agent is not root either.
    echo "net.ipv4.ip_unprivileged_port_start = $((GATEWAY_PORT < 1024 ? GATEWAY_PORT : 1024))" | put_text sysctl /etc/sysctl.d/60-nexus.conf 0644 root:root
    run sysctl -q -p /etc/sysctl.d/60-nexus.conf
  fi
}

# Docker restarts what has ended; this, what hangs.
put_keeper() {
  [ "$TARGET" = compose ] || return 0
  put keeper "$here/systemd/nexus-keeper.service" /etc/systemd/system/nexus-keeper.service 0644 root:root
}

put_command() {
  put command "$here/nexus" /usr/local/bin/nexus 0755 root:root
  [[ $PARTS == *orchestrator* ]] ||
    echo "export NEXUS_ADDRESS=http://$MANAGER:8420" | put_text command /etc/profile.d/nexus.sh 0644 root:root
}

put_units() {
  local part
  put unit "$here/systemd/consul.service" /etc/systemd/system/consul.service 0644 root:root
  for part in orchestrator gateway worker; do
    if has_part "$part"; then
      put "$part" "$here/etc/$part.env" "$etc/$part.env" 0644 root:root
      put "$part" "$here/systemd/nexus-$part.service" "/etc/systemd/system/nexus-$part.service" 0644 root:root
    elif [ -e "/etc/systemd/system/nexus-$part.service" ]; then
      say "this machine is no $part any more"
      run systemctl disable --now "nexus-$part.service"
      run rm -f "/etc/systemd/system/nexus-$part.service" "$etc/$part.env"
    fi
  done
}

load_firewall() {
  run systemctl enable --quiet nexus-firewall.service
  if is_changed firewall || ! nft list table inet nexus >/dev/null 2>&1; then
    run systemctl restart nexus-firewall.service
  fi
}

start_systemd() {
  local part
  run systemctl daemon-reload
  load_firewall
  run systemctl enable --quiet consul.service
  if is_changed consul || is_changed unit; then
    run systemctl restart --no-block consul.service
  else
    run systemctl start --no-block consul.service
  fi
  prepare_cluster
  for part in $PARTS; do
    run systemctl enable --quiet "nexus-$part.service"
    if is_changed release || is_changed "$part"; then
      run systemctl restart --no-block "nexus-$part.service"
    else
      run systemctl start --no-block "nexus-$part.service"
    fi
  done
}

compose() {
  local tool=(docker compose)
  docker compose version >/dev/null 2>&1 || tool=(docker-compose)
  local files=(-f compose.yaml)
  # What this machine alone needs.
  [ ! -e "$etc/compose.local.yaml" ] || files+=(-f "$etc/compose.local.yaml")
  (cd "$root/current" && "${tool[@]}" "${files[@]}" "$@")
}

start_compose() {
  local part
  run systemctl daemon-reload
  load_firewall
  if [ "$mode" = dry-run ]; then echo "would: docker compose up -d in $root/current"; return 0; fi
  sed -i -e "s/^DOCKER_GID=.*/DOCKER_GID=$(stat -c %g /var/run/docker.sock)/" -e "s/^GATEWAY_CPUS=.*/GATEWAY_CPUS=$(nproc)/" \
    -e "s/^OPEN_FILES=.*/OPEN_FILES=$(open_files)/" "$root/current/.env"
  compose up -d --remove-orphans consul
  if is_changed consul; then docker restart nexus-consul >/dev/null; fi
  prepare_cluster
  # A new token is no change that Compose would see.
  for part in $PARTS; do
    if is_changed "$part"; then docker restart "nexus-$part" >/dev/null 2>&1 || true; fi
  done
  compose up -d --remove-orphans
  systemctl enable --quiet nexus-keeper.service
  if is_changed keeper || is_changed release; then systemctl restart nexus-keeper.service; else systemctl start nexus-keeper.service; fi
}

# ---- The cluster --------------------------------------------------------------------------------------------------------

http_get() {
  # shellcheck disable=SC2016 # The inner shell's own words.
  timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf "GET %s HTTP/1.0\r\nHost: nexus\r\n\r\n" "$2" >&3 && cat <&3' "$1" "$2" "$3" 2>/dev/null
}
answers() { [[ $(http_get "$@") == HTTP/1.?' 200'* ]]; }
has_leader() { [[ $(http_get 127.0.0.1 8500 /v1/status/leader) == *\"*:*\"* ]]; }

# wait_for SECONDS COMMAND...
wait_for() {
  local until=$((SECONDS + $1))
  shift
  while ! "$@"; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.5
  done
}

# missing_peers: the other Consul servers that do not listen yet.
missing_peers() {
  local peer
  for peer in $CONSUL_PEERS; do
    # shellcheck disable=SC2016 # The inner shell's own words.
    timeout 2 bash -c ': >"/dev/tcp/$0/8300"' "$peer" 2>/dev/null || echo "$peer"
  done
}

# The last Consul server to come makes the quorum, and the tokens of all.
prepare_cluster() {
  [ "$mode" != dry-run ] || return 0
  local missing limit=60
  leader=yes
  missing=$(missing_peers | xargs)
  # A server that is new elects nobody before all are there; one that is not may find a quorum of the others.
  if [ -n "$missing" ] && [ "$CONSUL_SERVER" = yes ]; then limit=20; fi
  if [ -n "$missing" ] && [ "$CONSUL_SERVER" = yes ] && [ "$was_server" = no ]; then limit=3; fi
  if ! wait_for "$limit" has_leader; then
    leader=no
    if [ "$CONSUL_SERVER" = no ] || [ -z "$missing" ]; then
      die "Consul has no leader after $limit s; see: $(if [ "$TARGET" = systemd ]; then echo journalctl -u consul; else echo docker logs nexus-consul; fi)"
    fi
    say "Consul has no leader while $missing do not answer ($CONSUL_SERVERS servers in all); install them now"
    return 0
  fi
  [ "$CONSUL_SERVER" = yes ] || return 0
  timeout 180 "$here/consul-acl.sh" "$here/consul/acl" "$etc/secrets/acl-tokens.tsv" "$etc/secrets/management.token" ||
    die "Consul's policies and tokens could not be brought up to date"
}

# is_up PART HOST PORT PATH: it answers, and its supervisor is content as well.
is_up() {
  answers "$2" "$3" "$4" || return 1
  if [ "$TARGET" = systemd ]; then
    systemctl is-active --quiet "nexus-$1"
  else
    [ "$(docker inspect --format '{{.State.Running}} {{.State.Restarting}}' "nexus-$1" 2>/dev/null)" = "true false" ]
  fi
}

wait_until_healthy() {
  [ "$mode" != dry-run ] || return 0
  local part url host port path
  for part in $PARTS; do
    url=HEALTH_$part
    url=${!url}
    path=/${url#*/}
    # Without a quorum nobody can be more than alive.
    [ "$leader" = yes ] || path=/alive
    host=${url%%/*} port=${host##*:} host=${host%:*}
    wait_for 90 is_up "$part" "$host" "$port" "$path" || {
      echo "install: the $part is not up after 90 s; http://$host:$port$path says:" >&2
      http_get "$host" "$port" "$path" | tail -n 1 | cut -c1-1000 >&2 || true
      if [ "$TARGET" = systemd ]; then journalctl -u "nexus-$part" -n 20 --no-pager >&2; else docker logs --tail 20 "nexus-$part" >&2; fi
      die "stopped. The release before: $root/previous/install.sh"
    }
    say "the $part answers"
  done
}

run_checks
was_server=no
if [ -e /var/lib/consul/raft/raft.db ]; then was_server=yes; fi
[ "$mode" != check ] || { say "$NODE_NAME: every check passed"; exit 0; }
hold_lock
fetch_images
stage_release
make_users_and_folders
make_secrets
put_secrets
put_consul
put_firewall
put_keeper
put_command
switch_release
leader=yes
if [ "$TARGET" = systemd ]; then
  put_units
  start_systemd
else
  start_compose
fi
wait_until_healthy
if [ "$mode" = dry-run ]; then
  say "$NODE_NAME: would be $release; nothing was changed"
elif [ ${#changed[@]} -eq 0 ]; then
  say "$NODE_NAME: is $release already; nothing to do"
else
  echo "$(date -u +%FT%TZ) $release installed" >>/var/log/nexus/install.log
  say "$NODE_NAME: is $release"
fi
