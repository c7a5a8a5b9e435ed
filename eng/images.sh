#!/usr/bin/env bash
# Makes the images nexus/orchestrator, nexus/gateway, nexus/worker and nexus/cli without a Docker Engine, and pushes them.
#   eng/images.sh --registry HOST[:PORT] [--arch arm64|x64] [--tag TAG] [--base IMAGE] [--self-contained]
#   eng/images.sh --archive FOLDER [--arch arm64|x64] …      files for 'docker load', in FOLDER/linux-ARCH
# --arch            one architecture; by default both, under one name
# --tag             the version by default
# --base            instead of the SDK's base image (aspnet, chiselled), for those who mirror it or have their own
# --self-contained  the images bring .NET themselves; for a base that has only a C library
# Credentials are those of 'docker login'. A registry on this machine may speak plain HTTP.
set -euo pipefail
started=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

registry='' archive='' arches='arm64 x64' tag='' base='' self_contained=false
usage() { sed -n '2,9s/^# \{0,1\}//p' eng/images.sh; }
die() { echo "images: $*" >&2; exit 1; }
while [ $# -gt 0 ]; do
  case $1 in
    --registry) registry=${2:?--registry needs HOST[:PORT]}; shift ;;
    --archive) archive=${2:?--archive needs a folder}; shift ;;
    --arch) arches=${2:?--arch needs arm64 or x64}; shift ;;
    --tag) tag=${2:?--tag needs a tag}; shift ;;
    --base) base=${2:?--base needs an image}; shift ;;
    --self-contained) self_contained=true ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
case $arches in amd64) arches=x64 ;; 'arm64 x64' | arm64 | x64) ;; *) die "--arch is '$arches'; allowed are arm64 and x64" ;; esac
[ -n "$registry$archive" ] || die "say where the images go: --registry HOST[:PORT] or --archive FOLDER"
[ -z "$registry" ] || [ -z "$archive" ] || die "take one of --registry and --archive"
case $archive in '' | /*) ;; *) archive=$started/$archive ;; esac

# Only a registry on this machine may be spoken to without TLS.
insecure=''
for host in "$registry" "${base%%/*}"; do
  case $host in 127.* | localhost | localhost:*) insecure="$insecure${insecure:+;}$host" ;; esac
done
[ -z "$insecure" ] || export DOTNET_CONTAINER_INSECURE_REGISTRIES=$insecure

work=artifacts/publishing
mkdir -p "$work"
if command -v flock >/dev/null; then
  exec 9>"$work/lock"
  flock 9
fi

settings=(-property:SelfContained="$self_contained" ${base:+-property:ContainerBaseImage="$base"} ${tag:+-property:ContainerImageTag="$tag"})
# What stays behind of a build, the compiler's server say, must not keep the lock.
build() {
  dotnet msbuild eng/publishing/Programs.proj -nologo -verbosity:quiet -maxCpuCount -nodeReuse:false \
    "${settings[@]}" "$@" >"$work/images.log" 2>&1 9>&- || { cat "$work/images.log" >&2; die "the build failed"; }
}

rm -rf "$work/publish"
build -target:Restore
if [ -n "$archive" ]; then
  for arch in $arches; do
    mkdir -p "$archive/linux-$arch"
    build -target:PublishImages -property:Runtime="linux-$arch" -property:ContainerArchiveOutputPath="$archive/linux-$arch/"
  done
  echo "images: ${archive#"$PWD"/}: $(cd "$archive" && find . -name '*.tar.gz' | sed 's|^\./||' | sort | xargs)"
else
  case $arches in *' '*) runtime='' ;; *) runtime=linux-$arches ;; esac
  build -target:PublishImages -property:Runtime="$runtime" -property:ContainerRegistry="$registry"
  echo "images: pushed nexus/{orchestrator,gateway,worker,cli} to $registry for ${arches// / and }"
fi
