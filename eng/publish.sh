#!/usr/bin/env bash
# Publishes the programs for machines without .NET: one folder with the orchestrator, gateway, worker agent, the nexus command
# and one runtime for all of them, compiled ahead of time, and SHA256SUMS of what is in it. The same commit makes the same files.
#   eng/publish.sh [--arch arm64|x64|amd64] [--out FOLDER] [--sbom]
# --arch  arm64 by default      --out  artifacts/publish/linux-ARCH by default; replaced as a whole
# --sbom  puts FOLDER.spdx.json beside the folder: its files with their hashes, and the packages they come from
set -euo pipefail
export LC_ALL=C
started=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

arch=arm64 out='' sbom=''
usage() { sed -n '2,6s/^# \{0,1\}//p' eng/publish.sh; }
die() { echo "publish: $*" >&2; exit 1; }
hash_files() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }
while [ $# -gt 0 ]; do
  case $1 in
    --arch) arch=${2:?--arch needs arm64 or x64}; shift ;;
    --out) out=${2:?--out needs a folder}; shift ;;
    --sbom) sbom=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
case $arch in
  arm64) machine=b7 ;;
  x64 | amd64) arch=x64 machine=3e ;;
  *) die "--arch is '$arch'; allowed are arm64 and x64" ;;
esac
runtime=linux-$arch
out=${out:-$PWD/artifacts/publish/$runtime}
case $out in /*) ;; *) out=$started/$out ;; esac
out=${out%/}
# Only what an earlier run made is ever replaced.
if [ -e "$out" ] && [ ! -e "$out/SHA256SUMS" ] && [ -n "$(ls -A "$out" 2>/dev/null || echo file)" ]; then
  die "$out is not empty and was not made by this command; name another folder"
fi
mkdir -p "$(dirname "$out")" || die "$(dirname "$out") cannot be made"
[ -w "$(dirname "$out")" ] || die "$(dirname "$out") cannot be written to"

work=artifacts/publishing
mkdir -p "$work"
if command -v flock >/dev/null; then
  exec 9>"$work/lock"
  flock 9
fi
scratch=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# What stays behind of a build, the compiler's server say, must not keep the lock.
build() {
  dotnet msbuild eng/publishing/Programs.proj -nologo -verbosity:quiet -maxCpuCount -nodeReuse:false \
    -property:SelfContained=true "$@" >"$work/publish.log" 2>&1 9>&- || { cat "$work/publish.log" >&2; die "the build failed"; }
}

# The programs share a folder, and so a runtime: what two of them bring must be the same to the last byte.
merge() {
  local file target
  mkdir "$scratch/merged"
  while read -r file; do
    target=$scratch/merged/${file#*/}
    if [ ! -e "$target" ]; then
      mkdir -p "$(dirname "$target")"
      mv "$scratch/$file" "$target"
    else
      cmp -s "$scratch/$file" "$target" || die "$file differs from another program's ${file#*/}: they cannot share a folder"
    fi
  done < <(cd "$scratch" && find Nexus.* -type f | sort)
}

# The machine an ELF file is for stands in its bytes 18 and 19.
check_architecture() {
  local file found=0
  while read -r file; do
    [ "$(od -An -tx1 -N4 "$file" | tr -d ' ')" = 7f454c46 ] || continue
    [ "$(od -An -tx1 -j18 -N2 "$file" | tr -d ' ')" = "${machine}00" ] || die "${file##*/} is not for $runtime"
    found=$((found + 1))
  done < <(find "$scratch/merged" -type f \( ! -name '*.*' -o -name '*.so' \))
  [ "$found" -gt 4 ] || die "only $found native files are there, where each program and the runtime should be"
}

write_sbom() {
  local version tool=$scratch/sbom
  version=$(dotnet msbuild Nexus.Cli -getProperty:Version)
  dotnet tool restore >"$work/sbom.log" 2>&1 || { cat "$work/sbom.log" >&2; die "the SBOM tool could not be restored"; }
  mkdir "$tool"
  dotnet tool run sbom-tool generate -b "$scratch/merged" -bc "$work/obj" -m "$tool" -V Error \
    -pn "nexus-$runtime" -pv "$version" -ps Nexus -nsb https://spdx.org/spdxdocs/nexus >>"$work/sbom.log" 2>&1 \
    || { cat "$work/sbom.log" >&2; die "the SBOM tool failed"; }
  mv "$tool/_manifest/spdx_2.2/manifest.spdx.json" "$out.spdx.json"
}

build -target:Restore
build -target:Publish -property:Runtime="$runtime" -property:Folder="$scratch"
merge
check_architecture
chmod -R u=rwX,go=rX "$scratch/merged"
(cd "$scratch/merged" && find . -type f | sed 's|^\./||' | sort | while read -r file; do hash_files "$file"; done) >"$scratch/SHA256SUMS"
[ -z "$sbom" ] || write_sbom
mv "$scratch/SHA256SUMS" "$scratch/merged/SHA256SUMS"
rm -rf "$out"
mv "$scratch/merged" "$out"
echo "publish: ${out#"$PWD"/}: $(find "$out" -type f | wc -l) files, $(($(du -sk "$out" | cut -f1) / 1024)) MB, $runtime"
