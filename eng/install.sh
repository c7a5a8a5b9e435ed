#!/usr/bin/env bash
# Installs what the tests need beside the .NET SDK: a Docker Engine, Consul, busybox, ip, gcc, Compose, an SSH server and Chromium, and
# in .tools Kubernetes' schemas, Compose v2, a container registry, an emulator of ARM64 and the C libraries of both architectures. What is there
# already is left alone, so a second run takes no time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { echo "install: $*"; }
die() { echo "install: $*" >&2; exit 1; }

engine_answers() { command -v docker >/dev/null && docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
engine_is_here() { command -v docker >/dev/null && PATH=$PATH:/usr/sbin:/sbin command -v dockerd >/dev/null; }

# Debian's packages for whatever of these is missing: an engine, a static busybox and a compiler to make images of, ip for
# hosts of our own, and a browser to look at the dashboard with; to check what is exported, Compose and (for Kubernetes' schemas) npm;
# to push to, an SSH server.
missing_packages() {
  engine_answers || engine_is_here || echo "docker.io iptables"
  [ -x /bin/busybox ] || echo "busybox-static"
  PATH=$PATH:/usr/sbin:/sbin command -v ip >/dev/null || echo "iproute2"
  command -v gcc >/dev/null || echo "gcc libc6-dev"
  # What judges bundles for machines, and what boots one.
  command -v shellcheck >/dev/null || echo "shellcheck"
  command -v docker-compose >/dev/null || echo "docker-compose"
  command -v openssl >/dev/null || echo "openssl"
  PATH=$PATH:/usr/sbin:/sbin command -v nft >/dev/null || echo "nftables"
  PATH=$PATH:/usr/sbin:/sbin command -v logrotate >/dev/null || echo "logrotate"
  command -v systemd-nspawn >/dev/null || echo "systemd systemd-container dbus"
  [ -x /usr/bin/chromium ] || echo "chromium fonts-dejavu-core"
  { [ -x /usr/sbin/sshd ] && command -v ssh >/dev/null; } || echo "openssh-server openssh-client"
  command -v npm >/dev/null || echo "nodejs npm"
}

# DPkg::Lock::Timeout waits for dpkg's lock alone: while another apt holds that of the package lists or of the archives, apt-get fails
# at once, as on a machine whose unattended upgrades run.
apt_get() {
  local log=artifacts/apt.log patience=100
  until LC_ALL=C apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1; do
    cat "$log"
    grep -qE 'Could not get lock|Unable to (acquire|lock)' "$log" && [ "$patience" -gt 0 ] || return 1
    patience=$((patience - 1))
    sleep 3
  done
  cat "$log"
}

install_packages() {
  local packages=$1
  command -v apt-get >/dev/null || die "$packages: missing, and there is no apt-get to install them with."
  [ "$(id -u)" = 0 ] || die "packages are missing. Mend it with: sudo apt-get install -y --no-install-recommends $packages"
  say "installing $packages"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 # Lists of words.
  { apt_get update &&
    # Newer releases have the engine's command line in a package of its own.
    case $packages in *docker.io*) if apt-cache show docker-cli >/dev/null 2>&1; then packages="$packages docker-cli"; fi ;; esac &&
    apt_get install -y --no-install-recommends $packages
  } >artifacts/install-packages.log 2>&1 || { tail -n 20 artifacts/install-packages.log >&2; die "apt-get failed"; }
  local still
  still=$(missing_packages)
  [ -z "$still" ] || die "installed, and still missing: $still"
}

command -v dotnet >/dev/null || die "the .NET SDK is missing: https://dotnet.microsoft.com/download"
mkdir -p artifacts
packages=$(missing_packages | xargs)
[ -z "$packages" ] || install_packages "$packages"
./eng/kubernetes-models.sh >artifacts/install-kubernetes-models.log 2>&1 \
  || { cat artifacts/install-kubernetes-models.log >&2; die "Kubernetes' schemas could not be fetched"; }
./eng/consul.sh >artifacts/install-consul.log 2>&1 \
  || { cat artifacts/install-consul.log >&2; die "Consul could not be installed"; }

# What the published programs and images are tried with; unpacked, not installed.
unpack() { ./eng/debian-unpack.sh "$@" || die "$* could not be fetched"; }
here=$(dpkg --print-architecture 2>/dev/null || echo amd64)
for architecture in amd64 arm64; do
  unpack ".tools/libraries-$architecture" "$architecture" libc6 libgcc-s1 libstdc++6 zlib1g 'libssl3t64|libssl3'
done
# Compose v2, whose reading of files and variables ours is compared with; older releases of Debian have v1 only.
DEBIAN_RELEASE=trixie unpack .tools/compose "$here" docker-compose
command -v docker-registry >/dev/null || unpack .tools/registry "$here" docker-registry
if [ "$here" != arm64 ] && ! command -v qemu-aarch64-static >/dev/null; then
  unpack .tools/qemu "$here" qemu-user-static
  find .tools/qemu/usr/bin -name 'qemu-*' ! -name qemu-aarch64-static -delete
fi
