#!/usr/bin/env bash
# Prints the path of a usable consul; fetches one into .tools/consul, without root, when the machine has none.
# Fetched from: the machine's own Debian mirror (bullseye has the last packaged Consul), else HashiCorp's release archive.
set -euo pipefail

release=1.21.4
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/.tools/consul

say() { printf '%s\n' "$*" >&2; }
works() { "$1" version >/dev/null 2>&1; }

# Only a whole, working program ever stands at its final place.
install_from() {
  chmod +x "$1"
  works "$1" || { say "consul: what was fetched from $2 does not run here"; return 1; }
  mkdir -p "$tools"
  mv -f "$1" "$tools/consul"
  say "consul: fetched from $2 into ${tools#"$root"/}"
}

from_debian() {
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
  local t=$1/apt
  mkdir -p "$t/lists/partial" "$t/cache/archives/partial"
  "$root/eng/debian-source.sh" bullseye > "$t/one.sources"
  [ -s "$t/one.sources" ] || return 1
  local options=(-qq
    -o "Dir::Etc::sourcelist=$t/one.sources" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$t/lists" -o "Dir::Cache=$t/cache" -o "APT::Sandbox::User=$(id -un)")
  (cd "$t" && apt-get "${options[@]}" update && apt-get "${options[@]}" download consul && dpkg -x consul_*.deb tree) >"$t/log" 2>&1 ||
    { sed 's/^/consul: apt: /' "$t/log" >&2; return 1; }
  install_from "$t/tree/usr/bin/consul" "the machine's Debian mirror"
}

from_release() {
  command -v curl >/dev/null && command -v unzip >/dev/null || return 1
  local os arch name base sum
  case $(uname -s) in Linux) os=linux ;; Darwin) os=darwin ;; *) return 1 ;; esac
  case $(uname -m) in x86_64) arch=amd64 ;; aarch64 | arm64) arch=arm64 ;; *) return 1 ;; esac
  name=consul_${release}_${os}_${arch}.zip
  base=https://releases.hashicorp.com/consul/$release
  # The archive is held against the sums published beside it: that finds a damaged download, and trusts the host's TLS
  # for who wrote both.
  (cd "$1" &&
    curl -fsS --max-time 300 -O "$base/$name" -O "$base/consul_${release}_SHA256SUMS") || return 1
  sum=$(awk -v name="$name" '$2 == name { print $1 }' "$1/consul_${release}_SHA256SUMS")
  if ! [ "$sum" = "$( (sha256sum "$1/$name" 2>/dev/null || shasum -a 256 "$1/$name") | cut -d' ' -f1)" ]; then
    say "consul: $name does not match its published checksum"
    return 1
  fi
  unzip -qo "$1/$name" consul -d "$1" || return 1
  install_from "$1/consul" "releases.hashicorp.com ($release)"
}

if found=$(command -v consul) && works "$found"; then
  printf '%s\n' "$found"
  exit
fi

if ! works "$tools/consul"; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  if ! from_debian "$scratch" && ! from_release "$scratch"; then
    say "consul: none on PATH, and none could be fetched. Install it, then run again:"
    case $(uname -s) in
      Darwin) say "  brew install hashicorp/tap/consul" ;;
      *) say "  see https://developer.hashicorp.com/consul/install, or put the program at $tools/consul" ;;
    esac
    exit 1
  fi
fi
printf '%s\n' "$tools/consul"
