#!/bin/sh
# Everything that must hold: sets up, then runs scripts/test.ts with the same arguments (names of parts; none = all).
set -eu
case $0 in */*) cd "${0%/*}/.." ;; *) cd .. ;; esac
. scripts/install.sh
. scripts/debian.sh
ensure_packages
choose_node
ensure_debian_packages

export PATH="$PWD/node_modules/.bin:$PATH"
exec "$node" scripts/test.ts "$@"
