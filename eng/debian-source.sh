#!/usr/bin/env bash
# Prints an apt source for another release of Debian, from the mirror that this machine uses; nothing on a machine that has none.
#   eng/debian-source.sh RELEASE
set -euo pipefail

release=${1:?eng/debian-source.sh RELEASE}
for file in /etc/apt/sources.list.d/*.sources; do
  if [ -e "$file" ] && grep -q '^URIs:.*debian' "$file"; then
    # Its first stanza, for another release.
    awk 'NF { seen = 1; print } !NF && seen { exit }' "$file" | sed -E "s/^Suites:.*/Suites: $release/"
    exit
  fi
done
# Older machines list their mirrors a line each.
{ grep -hE '^deb .*debian' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } | head -1 |
  awk -v release="$release" '{ i = ($2 ~ /^\[/) ? 2 : 1; while (i > 1 && $i !~ /\]$/) i++;
       printf "Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n", $(i + 1), release
       if (match($0, /signed-by=[^] ]+/)) print "Signed-By: " substr($0, RSTART + 10, RLENGTH - 10) }'
