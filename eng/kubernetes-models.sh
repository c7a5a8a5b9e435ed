#!/usr/bin/env bash
# Fetches Kubernetes' own schemas as an npm package, once, for the tests of `nexus export kubernetes`, and says where they are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=5.1.0
folder=$PWD/.tools/kubernetes-models-$version
if [ ! -e "$folder/complete" ]; then
  command -v npm >/dev/null || { echo "kubernetes-models: npm is missing; run eng/install.sh" >&2; exit 1; }
  mkdir -p "$folder"
  # It says that it wants Node 22; the schemas work with 18 and later.
  npm install --prefix "$folder" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error "kubernetes-models@$version" >&2
  cp eng/kubernetes-validate.mjs "$folder/validate.mjs"
  touch "$folder/complete"
fi
echo "$folder"
