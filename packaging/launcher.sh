#!/bin/sh
# Runs certkeeper with the Node that came with it, from wherever this is linked to.
here=$(dirname -- "$(readlink -f -- "$0")")
exec "$here/../node/bin/node" "$here/../dist/cli/main.js" "$@"
