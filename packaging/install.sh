#!/bin/sh
# Installs certkeeper in /opt/certkeeper, or takes the place of the version that is there. Can be run again at any time.
# Nothing is started, and what is stored is not touched.
set -eu
umask 022

prefix=/opt/certkeeper
state=/var/lib/certkeeper
user=certkeeper

say() { printf '%s\n' "$*"; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Whether a user or group is there: in a file, or where else the system looks.
known() {
  if command -v getent >/dev/null 2>&1; then
    getent "$1" "$2" >/dev/null
  else
    grep -q "^$2:" "/etc/$1"
  fi
}

# A link takes the place of another in one step.
link() {
  mkdir -p "$(dirname "$2")"
  ln -s "$1" "$2.new.$$"
  mv -fT "$2.new.$$" "$2"
}

# A link beside files of others: one that is not ours stays.
offer() {
  if [ -e "$2" ] && [ ! -L "$2" ]; then
    say "warning: $2 is there already, and stays as it is" >&2
    return 0
  fi
  link "$1" "$2"
}

make_user() {
  if known passwd "$user"; then return 0; fi
  if ! command -v useradd >/dev/null 2>&1; then
    say "warning: there is no useradd: make the system user $user yourself before the service is started" >&2
    return 0
  fi
  group=--user-group
  if known group "$user"; then group="--gid=$user"; fi
  shell=/usr/sbin/nologin
  [ -x "$shell" ] || shell=/bin/false
  useradd --system "$group" --no-create-home --home-dir "$state" --shell "$shell" "$user"
  say "user $user is made"
}

make_state() {
  known passwd "$user" || return 0
  if [ ! -e "$state" ]; then
    mkdir -p "$(dirname "$state")"
    mkdir -m 0700 "$state"
    chown "$user:$user" "$state"
  elif [ -z "$(find "$state" -prune -user "$user")" ]; then
    say "warning: $state is not of user $user, as which the service runs" >&2
    say "hint: with nothing of certkeeper running: chown -R $user:$user $state" >&2
  fi
}

put_code() {
  mkdir -p "$prefix/versions"
  rm -rf "$prefix"/versions/.new.*
  if [ ! -d "$prefix/versions/$build" ]; then
    # Copied beside it, and then there at once: a copy that was broken off is not taken for one.
    cp -R "$here" "$prefix/versions/.new.$$"
    chown -R 0:0 "$prefix/versions/.new.$$"
    mv -T "$prefix/versions/.new.$$" "$prefix/versions/$build"
  fi
  before=$(readlink "$prefix/current" 2>/dev/null || :)
  link "versions/$build" "$prefix/current"
  link ../current/bin/certkeeper "$prefix/bin/certkeeper"
}

# A version that still runs loads more of its code when it needs it; the one before this stays to go back to.
drop_old() {
  for old in "$prefix"/versions/*; do
    [ "versions/${old##*/}" = "$before" ] && continue
    [ "${old##*/}" = "$build" ] && continue
    runs=no
    for exe in /proc/[0-9]*/exe; do
      case $(readlink "$exe" 2>/dev/null || :) in "$old"/*) runs=yes ;; esac
    done
    [ "$runs" = yes ] || rm -rf "$old"
  done
}

offer_all() {
  share=$prefix/current/share
  offer "$prefix/bin/certkeeper" /usr/local/bin/certkeeper
  for page in "$here"/share/man/man1/*.1; do
    offer "$share/man/man1/${page##*/}" "/usr/local/share/man/man1/${page##*/}"
  done
  # Pages of commands that went.
  for page in /usr/local/share/man/man1/certkeeper*.1; do
    [ -e "$page" ] && continue
    case $(readlink "$page" 2>/dev/null || :) in "$prefix"/*) rm -f "$page" ;; esac
  done
  for file in bash-completion/completions/certkeeper zsh/site-functions/_certkeeper fish/vendor_completions.d/certkeeper.fish; do
    offer "$share/$file" "/usr/local/share/$file"
  done
}

# Copied, not linked: systemd reads it also while another version takes its place.
put_unit() {
  command -v systemctl >/dev/null 2>&1 || return 0
  units=/usr/local/lib/systemd/system
  mkdir -p "$units"
  cp "$here/systemd/certkeeper.service" "$units/.certkeeper.service.$$"
  mv -f "$units/.certkeeper.service.$$" "$units/certkeeper.service"
  [ -d /run/systemd/system ] || return 0
  systemctl daemon-reload
  if systemctl --quiet is-active certkeeper; then
    say "the service still runs as it was: systemctl restart certkeeper"
  else
    say "the service is not started: systemctl enable --now certkeeper"
  fi
}

main() {
  [ "$#" -eq 0 ] || fail "install.sh takes no arguments"
  [ "$(id -u)" -eq 0 ] || fail "only root can install in $prefix"
  here=$(cd -- "$(dirname -- "$0")" && pwd -P)
  [ -f "$here/BUILD" ] || fail "$here is not an unpacked certkeeper"
  build=$(cat "$here/BUILD")
  "$here/bin/certkeeper" --version >/dev/null || fail "this build does not run on this machine"
  make_user
  make_state
  put_code
  offer_all
  drop_old
  put_unit
  say "$("$prefix/bin/certkeeper" --version) is installed in $prefix"
}

main "$@"
exit
