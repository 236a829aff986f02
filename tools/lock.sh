#!/bin/sh
# Writes requirements/*.txt: every version and checksum, no addresses, for every Python from 3.11 on.
# `tools/lock.sh --upgrade` moves to the newest versions that pyproject.toml allows.
set -eu
cd "$(dirname "$0")/.."

if ! command -v uv >/dev/null; then
  echo "make lock needs uv, which resolves versions for every Python and platform at once: pipx install uv" >&2
  exit 2
fi

compile() {
  name=$1
  shift
  UV_NO_CONFIG=1 uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes \
    --no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet \
    --output-file "requirements/$name.txt" "$@" >/dev/null
}

compile full --extra dev --extra browser --extra spark --extra clickhouse "$@"
compile dev --extra dev --constraint requirements/full.txt "$@"
compile docs --extra docs --constraint requirements/full.txt "$@"
compile core --constraint requirements/full.txt "$@"

if grep -n '://' requirements/*.txt; then
  echo "the lines above hold an address: a lock file names versions and checksums only" >&2
  exit 1
fi
