#!/bin/sh
# Takes certkeeper away. What is stored, its user and its settings stay.
set -eu

prefix=/opt/certkeeper
unit=/usr/local/lib/systemd/system/certkeeper.service

# Only what leads to us is ours.
drop_link() {
  case $(readlink "$1" 2>/dev/null || :) in "$prefix"/*) rm -f "$1" ;; esac
}

main() {
  if [ "$#" -ne 0 ]; then
    printf 'error: uninstall.sh takes no arguments\n' >&2
    exit 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    printf 'error: only root can take %s away\n' "$prefix" >&2
    exit 1
  fi
  cd /
  if [ -e "$unit" ]; then
    if [ -d /run/systemd/system ]; then systemctl disable --now certkeeper || :; fi
    rm -f "$unit"
    if [ -d /run/systemd/system ]; then systemctl daemon-reload || :; fi
  fi
  drop_link /usr/local/bin/certkeeper
  for page in /usr/local/share/man/man1/certkeeper*.1; do drop_link "$page"; done
  for file in bash-completion/completions/certkeeper zsh/site-functions/_certkeeper fish/vendor_completions.d/certkeeper.fish; do
    drop_link "/usr/local/share/$file"
  done
  rm -rf "$prefix"
  printf '%s\n' "certkeeper is taken away; /var/lib/certkeeper, /etc/certkeeper and the user certkeeper stay"
}

# Read as a whole before it removes itself.
main "$@"
exit
