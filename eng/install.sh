#!/usr/bin/env bash
# Installs what the tests need beside the .NET SDK: a Docker Engine and Consul. What is there already is left alone, so a
# second run takes no time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { echo "install: $*"; }
die() { echo "install: $*" >&2; exit 1; }

engine_answers() { command -v docker >/dev/null && docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
engine_is_here() { command -v docker >/dev/null && PATH=$PATH:/usr/sbin:/sbin command -v dockerd >/dev/null; }

install_engine() {
  local packages="docker.io iptables" quiet="-qq -o DPkg::Lock::Timeout=300"
  command -v apt-get >/dev/null || die "no Docker Engine answers and there is no apt-get: install Docker, then run this again."
  [ "$(id -u)" = 0 ] || die "no Docker Engine answers. Mend it with: sudo apt-get install -y --no-install-recommends $packages"
  say "installing $packages"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 # Lists of words.
  { apt-get $quiet update
    # Newer releases have the command line in a package of its own.
    if apt-cache show docker-cli >/dev/null 2>&1; then packages="$packages docker-cli"; fi
    apt-get $quiet install -y --no-install-recommends $packages
  } >artifacts/install-docker.log 2>&1 || { tail -n 20 artifacts/install-docker.log >&2; die "apt-get failed"; }
  engine_is_here || die "$packages are installed, and still there is no dockerd"
}

command -v dotnet >/dev/null || die "the .NET SDK is missing: https://dotnet.microsoft.com/download"
mkdir -p artifacts
engine_answers || engine_is_here || install_engine
./eng/consul.sh >artifacts/install-consul.log 2>&1 \
  || { cat artifacts/install-consul.log >&2; die "Consul could not be installed"; }
