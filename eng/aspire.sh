#!/usr/bin/env bash
# Holds our engine against the real Aspire: public members, the AppHost's build, what publish writes, and a run that ends by Ctrl-C.
# Needs a NuGet feed that serves Aspire.Hosting. Options: --api (the comparison of members only).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { echo "aspire: $*"; }
quiet() { "$@" >artifacts/aspire.log 2>&1 || { cat artifacts/aspire.log >&2; exit 1; }; }

mkdir -p artifacts
say "comparing public members"
quiet dotnet build Nexus.AppHost --nologo --verbosity quiet
quiet dotnet build eng/aspire --nologo --verbosity quiet
ours=artifacts/bin/Nexus.AppHost/debug
theirs=artifacts/bin/Nexus.AspireApi/debug
dotnet "$theirs/Nexus.AspireApi.dll" "$ours/Nexus.Hosting.dll" \
  "$theirs/Aspire.Hosting.dll;$theirs/Aspire.Hosting.AppHost.dll;$theirs/Aspire.Hosting.Testing.dll"
[ "${1:-}" != --api ] || exit 0

say "building the AppHost on the real Aspire.Hosting"
quiet dotnet build Nexus.AppHost --nologo --verbosity quiet -p:UseAspire=true -p:UseAspireDocker=false

say "publishing with both engines"
rm -rf artifacts/published
quiet dotnet artifacts/bin/Nexus.AppHost/debug/Nexus.AppHost.dll \
  --operation publish --step publish --output-path artifacts/published/ours --topology ha
# Aspire asks for values of parameters, and would wait for a person; they are not written.
ASPIRE_ALLOW_UNSECURED_TRANSPORT=true quiet dotnet artifacts/aspire/bin/Nexus.AppHost/debug/Nexus.AppHost.dll \
  --operation publish --step publish --output-path artifacts/published/theirs --topology ha \
  --Parameters:consul-gossip-key=none --Parameters:machine-address=none
diff --recursive --exclude=.published artifacts/published/ours artifacts/published/theirs
say "the same files"

say "running on the real engine, in a terminal, until Ctrl-C"
eng/aspire-run.sh --runtime process --topology single
