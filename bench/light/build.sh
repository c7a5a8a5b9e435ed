#!/usr/bin/env bash
# Builds the light images for the engine that answers: from scratch, one static program (web.c), 0.8 MB. Does nothing when they
# are of these sources already. Needs gcc and the docker command.
#   nexus/light:local  version 1             nexus/light:broken  exits with 1 soon after its start
#   nexus/light:v2     version 2             nexus/light:sick    never healthy
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

work=../../artifacts/light-image
tags=(local v2 broken sick)

die() { echo "light-image: $*" >&2; exit 1; }

command -v gcc >/dev/null || die "gcc is missing. Install it with: sudo ../../eng/install.sh"
docker version --format '{{.Server.Version}}' >/dev/null 2>&1 || die "no Docker Engine answers"
sources=$(cat web.c build.sh | sha256sum | cut -c1-32)

is_current() {
  local tag
  for tag in "${tags[@]}"; do
    [ "$(docker image inspect --format '{{index .Config.Labels "nexus.sources"}}' "nexus/light:$tag" 2>/dev/null)" = "$sources" ] || return 1
  done
}

is_current && exit 0
mkdir -p "$work"
exec 9>"$work/lock"
flock 9
is_current && exit 0 # Another run built them while this one waited.

rm -rf "$work/context"
mkdir "$work/context"
gcc -O2 -Wall -Wextra -Werror -static -s -o "$work/context/web" web.c

build() {
  local tag=$1 environment=$2
  DOCKER_BUILDKIT=0 docker build --quiet --tag "nexus/light:$tag" --file - "$work/context" >"$work/build.log" 2>&1 <<DOCKERFILE || { cat "$work/build.log" >&2; die "docker build failed"; }
FROM scratch
COPY web /web
ENV $environment
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/web"]
LABEL nexus.sources=$sources
DOCKERFILE
}

build local VERSION=1
build v2 VERSION=2
build broken "VERSION=broken EXIT_AFTER_MS=50"
build sick "VERSION=sick NEVER_HEALTHY=1"
echo "light-image: built ${tags[*]/#/nexus/light:}"
