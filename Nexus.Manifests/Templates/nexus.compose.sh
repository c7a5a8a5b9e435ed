#!/bin/sh
# The nexus command from its image, on the machine's own network. Files are read from the present folder.
image=$(sed -n 's/^CLI_IMAGE=//p' /opt/nexus/current/.env)
terminal=
[ -t 0 ] && [ -t 1 ] && terminal=--tty
# shellcheck disable=SC2086 # Empty or one word.
exec docker run --rm --interactive $terminal --network host --read-only --cap-drop ALL --security-opt no-new-privileges \
  --env NEXUS_ADDRESS --volume "$PWD:/work:ro" --workdir /work "$image" "$@"
