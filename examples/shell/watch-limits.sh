#!/bin/sh
# Follows one document with curl alone: asks each few seconds, and writes it to a file when it has changed. What was
# written last stays while Ledge is away.
#   LEDGE_URL=http://127.0.0.1:3000 LEDGE_TOKEN=ldg_… watch-limits.sh demo limits/api /etc/app/limits.json
set -eu
namespace=$1 key=$2 file=$3
every=${EVERY_SECONDS:-5}
etag=
headers=$(mktemp)
new=$file.new
trap 'rm -f "$headers" "$new"' EXIT
trap 'exit 0' TERM INT

while :; do
  # 304 is no failure: nothing has changed.
  status=$(curl -sS --max-time 10 -o "$new" -D "$headers" -w '%{http_code}' -G "$LEDGE_URL/v1/read/$namespace" \
    --data-urlencode "key=$key" -H "Authorization: Bearer $LEDGE_TOKEN" ${etag:+-H "If-None-Match: $etag"}) || status=000
  case $status in
    200)
      mv "$new" "$file"
      etag=$(tr -d '\r' <"$headers" | sed -n 's/^[Ee][Tt]ag: //p')
      echo "$file is at $etag"
      ;;
    304) ;;
    *) echo "no answer that can be used ($status): $file stays as it is" >&2 ;;
  esac
  sleep "$every" & wait $!
done
