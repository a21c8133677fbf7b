#!/bin/sh
# Runs certkeeper with the Node that came with it, from wherever this is linked to.
here=$(dirname -- "$(readlink -f -- "$0")")
# Memory for what is young: left to itself, Node takes 48 MB of it as soon as an agent tells of 20 000 certificates, and
# keeps them. No command is slower for it.
exec "$here/../node/bin/node" --max-semi-space-size=4 "$here/../dist/cli/main.js" "$@"
