#!/bin/sh
# Asks what is in an image, adds a class from some examples, and asks again: curl and nothing else.
#
#   SHOAL_KEY=... client/examples/curl.sh image.png heart one.png two.png three.png
#
# SHOAL_ORIGIN says where the edge is, SHOAL_PROJECT which project is asked.
set -eu
project="${SHOAL_ORIGIN:-http://127.0.0.1:8787}/v1/projects/${SHOAL_PROJECT:-handwriting}"
key="authorization: Bearer ${SHOAL_KEY:?is needed to add a class}"
image=$1 name=$2
shift 2

ask() {
  curl --silent --show-error --fail-with-body "$@"
  echo
}

# Whatever the file is: the edge looks at its bytes.
ask --header 'content-type: image/png' --data-binary "@$image" "$project/classify?top=1"

added=$(
  {
    printf '{"name":"%s","examples":[' "$name"
    comma=
    for example; do
      printf '%s{"image":"' "$comma"
      base64 <"$example" | tr -d '\n'
      printf '"}'
      comma=,
    done
    printf ']}'
  } | ask --header "$key" --header 'content-type: application/json' --data-binary @- "$project/classes"
)
echo "$added"

# An answer no older than the class just added, wherever this request ends up.
revision=$(echo "$added" | sed -n 's/.*"revision":\([0-9]*\).*/\1/p')
ask --header 'content-type: image/png' --data-binary "@$image" \
  "$project/classify?top=1&minRevision=$revision"
