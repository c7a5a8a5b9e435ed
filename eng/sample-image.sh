#!/usr/bin/env bash
# Builds the image of samples/Nexus.Samples.Web for the engine that answers. Needs the .NET SDK and a docker CLI, no registry
# and no compiler: on Linux the base is the host's own C library. Does nothing when the image is of these sources already.
#   eng/sample-image.sh [TAG]     default tag: nexus/sample-web:local
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tag=${1:-nexus/sample-web:local}
project=samples/Nexus.Samples.Web
work=artifacts/sample-image

die() { echo "sample-image: $*" >&2; exit 1; }

engine=$(docker version --format '{{.Server.Os}}/{{.Server.Arch}}' 2>/dev/null) \
  || die "no Docker Engine answers. Start one, or install it with: sudo ./eng/install.sh"
case $engine in
  linux/amd64) rid=linux-x64 loader=/lib64/ld-linux-x86-64.so.2 machine=x86_64 ;;
  linux/arm64) rid=linux-arm64 loader=/lib/ld-linux-aarch64.so.1 machine=aarch64 ;;
  *) die "the engine runs $engine; supported are linux/amd64 and linux/arm64" ;;
esac

hash_of() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }
sources=$({ echo "$engine"; find "$project" eng/sample-image.sh Directory.Build.* global.json -type f |
  LC_ALL=C sort | while read -r file; do echo "$file"; cat "$file"; done; } | hash_of | cut -c1-32)

is_current() {
  [ "$(docker image inspect --format '{{index .Config.Labels "nexus.sources"}}' "$tag" 2>/dev/null)" = "$sources" ]
}

is_current && exit 0
mkdir -p "$work"
if command -v flock >/dev/null; then
  exec 9>"$work/lock"
  flock 9
  is_current && exit 0 # Another run built it while this one waited.
fi

# Artifacts and lock file of its own: a runtime identifier would change the project's packages.lock.json.
publish() {
  dotnet publish "$project" --configuration Release --runtime "$rid" --self-contained --nologo --verbosity quiet \
    --artifacts-path "$work/build" --output "$work/context/app" \
    -p:NuGetLockFilePath="$PWD/$work/packages.lock.json" -p:RestoreLockedMode=false \
    -p:DebugType=none "$@"
}

rm -rf "$work/context" "$work/packages.lock.json"
mkdir -p "$work/context"
echo "sample-image: building $tag for $engine"
publish -p:PublishReadyToRun=true >"$work/publish.log" 2>&1 || {
  rm -rf "$work/packages.lock.json"
  publish >"$work/publish.log" 2>&1 || { cat "$work/publish.log" >&2; die "dotnet publish failed"; }
}

# What an executable needs of the host: the loader and each library the program or the runtime links or opens.
copy_host_libraries() {
  local tree=$1 app=$2 crypto file
  crypto=$({ PATH=$PATH:/sbin:/usr/sbin ldconfig -p | awk '/lib(ssl|crypto)\.so\.[0-9]/ { print $NF }'; } 2>/dev/null || true)
  # shellcheck disable=SC2086 # One path a word.
  { echo "$loader"; printf '%s\n' $crypto
    ldd "$app/Nexus.Samples.Web" "$app"/*.so $crypto 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// { print $3 }'
  } | grep -v -e "$PWD" -e liblttng | sort -u | while read -r file; do
    mkdir -p "$tree$(dirname "$file")"
    cp -L "$file" "$tree$file"
  done
}

context=$work/context
mkdir -p "$context/root/etc" "$context/root/tmp"
base=mcr.microsoft.com/dotnet/runtime-deps:10.0
if [ "$(uname -sm)" = "Linux $machine" ] && [ -e "$loader" ]; then
  base=scratch
  copy_host_libraries "$context/root" "$context/app"
fi
printf 'root:x:0:0:root:/:/\nnexus:x:65532:65532:nexus:/tmp:/\n' >"$context/root/etc/passwd"
printf 'root:x:0:\nnexus:x:65532:\n' >"$context/root/etc/group"
chmod 1777 "$context/root/tmp"
rm -f "$context/app/createdump" "$context"/app/libmscordbi.so "$context"/app/libmscordaccore.so # Debuggers only.
chmod -R a+rX "$context/app" "$context/root"

cat >"$context/Dockerfile" <<DOCKERFILE
FROM $base
COPY root/ /
COPY app/ /app/
ENV HOME=/tmp DOTNET_EnableDiagnostics=0
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/app/Nexus.Samples.Web"]
LABEL nexus.sources=$sources
DOCKERFILE
former=$(docker image inspect --format '{{.Id}}' "$tag" 2>/dev/null || true)
DOCKER_BUILDKIT=0 docker build --quiet --platform "$engine" --tag "$tag" "$context" >"$work/build.log" 2>&1 \
  || { cat "$work/build.log" >&2; die "docker build failed"; }
rm -rf "$context"
# The image that had the tag goes, unless it has another or something still runs from it.
if [ "$(docker image inspect --format '{{len .RepoTags}}' "$former" 2>/dev/null)" = 0 ]; then
  docker image rm "$former" >/dev/null 2>&1 || true
fi
echo "sample-image: built $tag ($(docker image inspect --format '{{.Size}}' "$tag" | awk '{ printf "%d MB", $1 / 1e6 }'))"
