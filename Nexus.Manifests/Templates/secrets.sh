#!/usr/bin/env bash
# Makes the secrets of this deployment where you keep them: the key of Consul's gossip, a certificate for every machine, the tokens
# of every part. What exists is kept, so running it again only makes what is missing. Back the folder up; put it into no repository.
#   secrets.sh [--dir DIR] [--renew-certificates]
#     --dir DIR              where they are ($NEXUS_SECRETS, else ~/.config/nexus/secrets/CLUSTER)
#     --renew-certificates   new certificates from the same authority (they hold for 825 days); then roll out as ever
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
umask 077
export LC_ALL=C

die() { echo "secrets: $*" >&2; exit 1; }
usage() { sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# shellcheck source=/dev/null
. "$here/cluster.env"
folder=${NEXUS_SECRETS:-${HOME:-/root}/.config/nexus/secrets/$CLUSTER} renew=no
while [ $# -gt 0 ]; do
  case $1 in
    --dir) folder=${2:?--dir needs a folder}; shift ;;
    --renew-certificates) renew=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
command -v openssl >/dev/null || die "openssl is missing"
mkdir -p "$folder/authority" "$folder/tokens"
made=0

# once FILE COMMAND...: its output becomes the file, whole or not at all.
once() {
  local file=$1
  shift
  [ ! -s "$file" ] || return 0
  "$@" >"$file.new" || die "$file could not be made"
  mv -f "$file.new" "$file"
  made=$((made + 1))
}

new_key() { openssl ecparam -name prime256v1 -genkey -noout; }
new_token() { openssl rand -hex 16 | sed -E 's/(.{8})(.{4})(.{4})(.{4})(.{12})/\1-\2-\3-\4-\5/'; }
new_gossip_key() { openssl rand -base64 32; }

new_authority() {
  local config=$folder/authority/request.cnf
  printf '%s\n' '[req]' 'prompt=no' 'distinguished_name=name' 'x509_extensions=authority' '[name]' "CN=Consul of $CLUSTER" \
    '[authority]' 'basicConstraints=critical,CA:TRUE,pathlen:0' 'keyUsage=critical,keyCertSign,cRLSign' 'subjectKeyIdentifier=hash' >"$config"
  openssl req -x509 -new -sha256 -days 3650 -key "$folder/authority/key.pem" -config "$config"
}

# new_certificate MACHINE ADDRESS KIND: servers are told by their name (verify_server_hostname).
new_certificate() {
  local name="$3.$DATACENTER.consul" config=$folder/authority/request.cnf
  printf '%s\n' '[req]' 'prompt=no' 'distinguished_name=name' '[name]' "CN=$name" \
    '[leaf]' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' 'extendedKeyUsage=serverAuth,clientAuth' \
    "subjectAltName=DNS:$name,DNS:$1.$name,DNS:localhost,IP:127.0.0.1,IP:$2" >"$config"
  openssl req -new -sha256 -key "$folder/$1/key.pem" -config "$config" -out "$folder/authority/request.csr" &&
    openssl x509 -req -sha256 -days 825 -in "$folder/authority/request.csr" -CA "$folder/authority/ca.pem" \
      -CAkey "$folder/authority/key.pem" -set_serial "0x$(openssl rand -hex 12)" -extfile "$config" -extensions leaf 2>/dev/null
}

once "$folder/authority/key.pem" new_key
once "$folder/authority/ca.pem" new_authority
once "$folder/tokens/gossip.key" new_gossip_key
once "$folder/tokens/management.token" new_token

# Policy and secret of every token, for the Consul servers.
: >"$folder/tokens/all.tsv.new"
while IFS=$'\t' read -r policy machine part; do
  once "$folder/tokens/$policy.token" new_token
  printf '%s\t%s\n' "$policy" "$(cat "$folder/tokens/$policy.token")" >>"$folder/tokens/all.tsv.new"
done <"$here/tokens.tsv"
mv -f "$folder/tokens/all.tsv.new" "$folder/tokens/all.tsv"

while IFS=$'\t' read -r machine address roles; do
  own=$folder/$machine kind=client
  mkdir -p "$own"
  [[ " $roles " != *" consul-server "* ]] || kind=server
  [ "$renew" = no ] || rm -f "$own/cert.pem"
  # A certificate holds for an address and a kind.
  [ "$(cat "$own/certified" 2>/dev/null)" = "$address $kind" ] || rm -f "$own/cert.pem"
  once "$own/key.pem" new_key
  once "$own/cert.pem" new_certificate "$machine" "$address" "$kind"
  echo "$address $kind" >"$own/certified"
  cp "$folder/authority/ca.pem" "$own/ca.pem"
  cp "$folder/tokens/gossip.key" "$own/gossip.key"
  rm -f "$own"/*.token "$own/acl-tokens.tsv"
  if [ "$kind" = server ]; then
    cp "$folder/tokens/management.token" "$own/management.token"
    cp "$folder/tokens/all.tsv" "$own/acl-tokens.tsv"
  fi
  while IFS=$'\t' read -r policy whose part; do
    case $whose in "$machine" | -) cp "$folder/tokens/$policy.token" "$own/$part.token" ;; esac
  done <"$here/tokens.tsv"
done <"$here/nodes.tsv"
rm -f "$folder/authority/request.cnf" "$folder/authority/request.csr"
echo "secrets: $folder is complete ($made made)"
