#!/usr/bin/env bash
# Unpacks Debian packages into a folder without installing anything: no root, and the machine's own packages and architectures
# stay as they are. Does nothing when the folder holds these packages already.
#   eng/debian-unpack.sh FOLDER ARCHITECTURE PACKAGE|PACKAGE…     of names separated by | the first that exists
# From the release that DEBIAN_RELEASE names, if it is set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[ $# -ge 3 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
folder=$1 architecture=$2
shift 2
wanted="$architecture $*${DEBIAN_RELEASE:+ of $DEBIAN_RELEASE}"

die() { echo "debian-unpack: $*" >&2; exit 1; }

is_current() { [ "$(cat "$folder/.packages" 2>/dev/null)" = "$wanted" ]; }

is_current && exit 0
for program in apt-get apt-cache dpkg; do
  command -v "$program" >/dev/null || die "$*: needed, and there is no $program to fetch them with"
done
mkdir -p "$(dirname "$folder")"
scratch=$(mktemp -d "$(realpath "$(dirname "$folder")")/unpack.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial" "$scratch/debs" "$scratch/tree"
: >"$scratch/status"
options=(-qq
  -o "APT::Architecture=$architecture" -o "APT::Architectures=$architecture" -o "APT::Sandbox::User=$(id -un)"
  -o Acquire::Languages=none
  -o "Dir::State::status=$scratch/status" -o "Dir::State::lists=$scratch/lists" -o "Dir::Cache=$scratch/cache")

if [ -n "${DEBIAN_RELEASE:-}" ]; then
  ./eng/debian-source.sh "$DEBIAN_RELEASE" >"$scratch/one.sources"
  [ -s "$scratch/one.sources" ] || die "$*: needed from $DEBIAN_RELEASE, and this machine has no mirror of Debian"
  options+=(-o "Dir::Etc::sourcelist=$scratch/one.sources" -o Dir::Etc::sourceparts=/dev/null)
fi

fetch() {
  local choice name
  apt-get "${options[@]}" update
  cd "$scratch/debs"
  for choice in "$@"; do
    for name in ${choice//|/ }; do
      if apt-cache "${options[@]}" show "$name" >/dev/null 2>&1; then break; fi
    done
    apt-get "${options[@]}" download "$name"
  done
}

(fetch "$@") >"$scratch/log" 2>&1 || { tail -n 20 "$scratch/log" >&2; die "could not fetch $*"; }
for package in "$scratch"/debs/*.deb; do
  dpkg -x "$package" "$scratch/tree"
done
printf '%s\n' "$wanted" >"$scratch/tree/.packages"
rm -rf "$folder"
mv "$scratch/tree" "$folder"
