#!/bin/bash
# Two gateways, each with its own CA, in network namespaces of this machine: they enrol, set up a tunnel, renew a
# certificate while it stands, and end it when the certificate is revoked.
#
#   examples/two-gateways/two-gateways.sh
#
# Needs root (no system is changed), Linux with network namespaces and /dev/net/tun, and of Debian charon-systemd,
# libcharon-extra-plugins, iproute2, iputils-ping and snmptrapd. Everything runs in namespaces that are its own, files
# are in memory there: when the script ends, in whatever way, the kernel removes all of it.
# Exit code 0: all went as told. 1: something did not. 77: this machine lacks something, and says what.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=examples/two-gateways/scene.sh
. "$here/scene.sh"

# A new home for mounts and processes, whose first process is this script.
if [[ ${TWO_GATEWAYS:-} != inside ]]; then
  TWO_GATEWAYS=inside unshare --mount --pid --fork true 2>/dev/null ||
    skip 'unshare --mount --pid does not work here: it needs root'
  TWO_GATEWAYS=inside exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi

PATH=$PATH:/usr/sbin:/sbin
for program in ip ping charon-systemd snmptrapd; do
  command -v "$program" >/dev/null || skip "there is no program \"$program\""
done
(: <>/dev/net/tun) 2>/dev/null || skip '/dev/net/tun cannot be opened'
if command -v certkeeper >/dev/null; then
  certkeeper=(certkeeper)
else
  # A clone: with the Node that it brought.
  PATH=$here/../../node_modules/.bin:$PATH
  certkeeper=(node "$(realpath "$here/../../dist/cli/main.js")")
fi
"${certkeeper[@]}" --version >/dev/null || skip 'certkeeper does not run: install it, or "npm ci" in a clone'

work=/run/two-gateways
mount -t tmpfs -o mode=0755 tmpfs /run || skip 'nothing can be mounted here'
mkdir -m 700 "$work"
lay_wires || skip 'network namespaces, bridges or virtual wires cannot be made here'

say 'Three machines, Alice and Bob, who are gateways, and an office; each a network namespace'
kernel=kernel-netlink
if kernel_has_esp; then
  echo 'The kernel encrypts'
else
  kernel='kernel-libipsec kernel-netlink'
  echo 'The kernel has no ESP: charon encrypts by itself'
fi
ip -n alice -brief address show up

say 'In the office two CAs that have nothing in common, each a root and an issuing CA, and a receiver of traps'
mkdir "$work/snmp"
printf 'alice-secret-1' >"$work/alice.psk"
start_lab a 8081 secret "gw-alice:file:$work/alice.psk"
start_lab b 8082
cat >"$work/snmp/snmptrapd.conf" <<END
createUser clm SHA-256 auth-pass-12 AES priv-pass-12
authUser log clm priv
format2 %v\n
END
SNMP_PERSISTENT_DIR=$work/snmp start traps office snmptrapd -f -Lo -C -c "$work/snmp/snmptrapd.conf" -On -m '' \
  "udp:${address[office]}:162"
grep -E '^(root|issuing CA|vendor device|secret)' "$work"/lab-*.log | sed "s|$work/||g"

say 'Alice enrols at CA A under a secret that both know (PasswordBasedMac)'
on alice ca add A url "http://${address[office]}:8081/pkix/" root "$work/lab-a/root.pem" \
  intermediate "$work/lab-a/issuing.pem" reference gw-alice secret "file:$work/alice.psk" || fail 'ca add'
on alice cmp initialize key-type p-256 cert-name alice subject-name CN=alice,O=A san dns:alice.example ca-root A ||
  fail 'Alice has no certificate'

say 'Bob enrols at CA B with the certificate his vendor gave him'
on bob ca add B url "http://${address[office]}:8082/pkix/" root "$work/lab-b/root.pem" \
  intermediate "$work/lab-b/issuing.pem" || fail 'ca add'
on bob cert import cert-name vendor file "$work/lab-b/vendor-device.pem" key-file "$work/lab-b/vendor-device.key" ||
  fail 'no vendor certificate'
# More than half of its life is over when it comes, so that the agent will find its renewal due.
on bob cmp initialize key-type p-256 cert-name bob subject-name CN=bob,O=B san dns:bob.example signer-cert vendor \
  not-before "$(date -u -d '-280 seconds' +%FT%TZ)" not-after "$(date -u -d '+240 seconds' +%FT%TZ)" ca-root B ||
  fail 'Bob has no certificate'
