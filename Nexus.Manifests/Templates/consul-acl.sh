#!/usr/bin/env bash
# Brings Consul's policies and tokens to what the bundle says. Safe to repeat; needs a leader.
#   consul-acl.sh POLICIES-FOLDER TOKENS-FILE MANAGEMENT-TOKEN-FILE [PORT]
# It speaks to Consul's API by itself, so that no secret stands in the arguments of a process.
set -euo pipefail
export LC_ALL=C
policies=$1 tokens=$2 management=$(cat "$3") port=${4:-8500}
status=0 body=''

die() { echo "consul-acl: $*" >&2; exit 1; }

# api METHOD PATH TOKEN [BODY]: sets status and body.
api() {
  local sent=${4:-} answer
  status=0 body=''
  { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 0
  printf '%s /v1/acl/%s HTTP/1.0\r\nHost: consul\r\nX-Consul-Token: %s\r\nContent-Length: %d\r\n\r\n%s' \
    "$1" "$2" "$3" "${#sent}" "$sent" >&3
  answer=$(cat <&3)
  exec 3>&-
  status=${answer:9:3} body=${answer#*$'\r\n\r\n'}
}

quoted() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "${text//$'\n'/\\n}"
}

# A new leader takes a moment to know the management token.
for attempt in $(seq 120); do
  api GET policies "$management"
  [ "$status" != 200 ] || break
  [ "$attempt" -lt 120 ] || die "Consul does not accept the management token ($status): $body"
  sleep 0.5
done
known=$body

# id_of POLICY, by the list: entries are flat, and an id stands beside its name.
id_of() {
  { grep -o '{[^{}]*}' <<<"$known" || true; } | { grep -F "\"Name\":\"$1\"" || true; } | sed -n 's/.*"ID":"\([^"]*\)".*/\1/p'
}

while IFS=$'\t' read -r policy secret; do
  [ -n "$policy" ] || continue
  id=$(id_of "$policy")
  api PUT "policy${id:+/$id}" "$management" "{\"Name\":\"$policy\",\"Rules\":$(quoted "$(cat "$policies/$policy.hcl")")}"
  [ "$status" = 200 ] || die "the policy $policy was refused ($status): $body"
  api GET token/self "$secret"
  [ "$status" != 200 ] || continue
  api PUT token "$management" "{\"SecretID\":\"$secret\",\"Description\":\"$policy\",\"Policies\":[{\"Name\":\"$policy\"}]}"
  [ "$status" = 200 ] || die "the token of $policy was refused ($status): $body"
done <"$tokens"
