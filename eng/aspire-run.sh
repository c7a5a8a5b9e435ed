#!/usr/bin/env bash
# Runs the cluster on the real Aspire as a person does, in a terminal, and ends it by Ctrl-C: nothing of it may be left. Needs the
# build that eng/aspire.sh makes. Options, such as --runtime process, go to the AppHost.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

start_limit=180 end_limit=60
work=$(mktemp -d)
mark=$(basename "$work")
trap 'rm -rf "$work"' EXIT

say() { echo "aspire-run: $*"; }

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    [ -n "$(ss -ltnH "sport = :$port")" ] || { echo "$port"; return; }
  done
}

# What inherited the mark; replicas inherit nothing, but name the state folder.
processes() {
  local file pid
  for file in /proc/[0-9]*; do
    pid=${file#/proc/}
    if [ "$pid" != $$ ] && cat "$file/environ" "$file/cmdline" 2>/dev/null | grep -qaF "$mark"; then echo "$pid"; fi
  done
}

containers() {
  local label
  label=local-$(printf %s "$work/state/cluster" | sha256sum | cut -c1-8)
  ! command -v docker >/dev/null || docker ps --all --quiet --filter "label=nexus.cluster=$label" 2>/dev/null || true
}

fail() {
  say "$1" >&2
  tail -n 30 "$work/output" >&2
  for pid in $(processes); do
    echo "  left: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-150)" >&2
    kill -9 "$pid" 2>/dev/null || true
  done
  exit 1
}

gateway=$(free_port)
command="exec dotnet artifacts/aspire/bin/Nexus.AppHost/debug/Nexus.AppHost.dll --gateway-port $gateway --api-port $(free_port) \
  --consul-port $(free_port) --Hosting:StateDirectory $work/state $*"
mkfifo "$work/keys"
# In the background a shell has children ignore what Ctrl-C sends.
MARK=$mark DOTNET_ENVIRONMENT=Development ASPIRE_ALLOW_UNSECURED_TRANSPORT=true ASPNETCORE_URLS=http://localhost:$(free_port) \
  ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL=http://localhost:$(free_port) ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL=http://localhost:$(free_port) \
  env --default-signal=INT script --quiet --flush --return --command "$command" "$work/output" <"$work/keys" >"$work/terminal" &
terminal=$!
exec 9>"$work/keys"

SECONDS=0
until curl --silent --fail --output /dev/null --max-time 2 "http://localhost:$gateway/whoami"; do
  kill -0 "$terminal" 2>/dev/null || fail "it ended before it served"
  [ "$SECONDS" -lt "$start_limit" ] || fail "it did not serve within $start_limit s"
  sleep 1
done
say "it serves after $SECONDS s, with $(processes | wc -l) processes and $(containers | wc -l) containers; now Ctrl-C"

SECONDS=0
printf '\003' >&9
code=0
wait "$terminal" || code=$?
exec 9>&-
say "the AppHost ended after $SECONDS s with exit code $code"
while [ -n "$(processes)$(containers)" ]; do
  [ "$SECONDS" -lt "$end_limit" ] || fail "something is left $end_limit s after Ctrl-C; containers: $(containers | tr '\n' ' ')"
  sleep 1
done
say "the last of it was gone after $SECONDS s"
exit "$code"
