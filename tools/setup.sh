#!/bin/sh
# Makes .venv and installs Holdfast with what a level needs: core (to use it), dev (to work on it), docs (to build the
# documentation site), full (with Spark and ClickHouse). Does nothing where that is already so; the lock file,
# pyproject.toml or a moved folder change it.
set -eu
cd "$(dirname "$0")/.."

level=${1:?"usage: tools/setup.sh core|dev|docs|full"}
lock="requirements/$level.txt"
python=.venv/bin/python
PIP_DISABLE_PIP_VERSION_CHECK=1
export PIP_DISABLE_PIP_VERSION_CHECK
unset PYTHONPATH VIRTUAL_ENV

wanted="$(cksum "$lock" pyproject.toml) $PWD"

stop() {
  printf '%s\n' "$@" >&2
  exit 2
}

# The apt-get line for the first of the packages that this machine's release has, else for the last of them.
apt_line() {
  for package in "$@"; do
    case $(apt-cache policy "$package" 2>/dev/null) in *"Candidate: "[0-9]*) break ;; esac
  done
  echo "    $([ "$(id -u)" = 0 ] || echo 'sudo ')apt-get install $package"
}

is_new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  for name in python3 python3.13 python3.12 python3.11 python3.14; do
    if command -v "$name" >/dev/null && is_new_enough "$name"; then
      command -v "$name"
      return
    fi
  done
}

is_usable() {
  [ -x "$python" ] && is_new_enough "$python" || return 1
  [ ! -e .venv/made-in ] || [ "$(cat .venv/made-in)" = "$PWD" ] || return 1
  command -v uv >/dev/null || "$python" -m pip --version >/dev/null 2>&1
}

make_venv() {
  rm -rf .venv
  found=$(find_python)
  if command -v uv >/dev/null; then
    uv venv --quiet --python "${found:->=3.11}" .venv
  elif [ -z "$found" ]; then
    stop "Holdfast needs Python 3.11 or newer, and $(python3 --version 2>/dev/null || echo 'no Python') is here. Install it and run make again:" \
      "$(apt_line python3.13-venv python3.12-venv python3.11-venv python3-venv)"
  elif ! "$found" -c 'import venv, ensurepip' 2>/dev/null; then
    stop "Python's venv module is missing. Install it and run make again:" \
      "$(apt_line "${found##*/}-venv")"
  else
    "$found" -m venv .venv
  fi
  printf '%s' "$PWD" >.venv/made-in
}

install() {
  if command -v uv >/dev/null; then
    uv pip install --quiet --compile-bytecode --python "$python" "$@"
  else
    "$python" -m pip install --quiet "$@"
  fi
}

need_java() {
  version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' || true)
  if [ "${version:-0}" -lt 17 ]; then
    here=${version:+Java $version}
    stop "The conformance suite starts a Spark cluster, which needs Java 17 or newer, and ${here:-none} is here. Install it and run make again:" \
      "$(apt_line openjdk-17-jre-headless openjdk-21-jre-headless)"
  fi
}

case $level in
  core | dev | docs) ;;
  full) need_java ;;
  *) stop "unknown level '$level'; there are: core, dev, docs, full" ;;
esac

is_usable || make_venv
if [ "$(cat ".venv/ready-$level" 2>/dev/null || true)" != "$wanted" ]; then
  echo "Setting up .venv ($level): a minute or two the first time." >&2
  install --require-hashes -r "$lock"
  install --no-build-isolation --no-deps --editable .
  printf '%s' "$wanted" >".venv/ready-$level"
fi
