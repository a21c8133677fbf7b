#!/bin/bash
# Two gateways, each with its own CA, in network namespaces of this machine: they enrol, set up a tunnel, renew a
# certificate while it stands, and end it when the certificate is revoked.
#
#   examples/two-gateways/two-gateways.sh
#
# Needs root, Linux with network namespaces and /dev/net/tun, and of Debian charon-systemd, libcharon-extra-plugins,
# iproute2 and iputils-ping; without snmptrapd notifications go to a file. It takes less than a minute. Everything runs in
# namespaces of its own, with its files in memory: when the script ends, in whatever way, the kernel removes all of it.
# Exit code 0: all went as told. 1: something did not. 77: this machine lacks something, and says what.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=examples/two-gateways/scene.sh
. "$here/scene.sh"

# A new home for mounts and processes, whose first process is this script.
if [[ ${TWO_GATEWAYS:-} != inside ]]; then
  unshare --mount --pid --fork --kill-child --mount-proc true 2>/dev/null ||
    skip 'unshare --mount --pid does not work here: it needs root'
  TWO_GATEWAYS=inside exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi

# In a user namespace / belongs to a stranger, and certkeeper puts no keys below what a stranger owns.
[[ $(stat -c %u /) == 0 ]] || skip 'the root directory does not belong to root: it needs the root of the machine'
PATH=$PATH:/usr/sbin:/sbin
for program in ip ping charon-systemd; do
  command -v "$program" >/dev/null || skip "there is no program \"$program\""
done
(: <>/dev/net/tun) 2>/dev/null || skip '/dev/net/tun cannot be opened'
if command -v certkeeper >/dev/null; then
  certkeeper=(certkeeper)
  # A package brings a Node of its own.
  PATH=$PATH:$(dirname "$(readlink -f "$(command -v certkeeper)")")/../node/bin
else
  # A clone: with the Node that it brought.
  PATH=$here/../../node_modules/.bin:$PATH
  certkeeper=(node "$(realpath "$here/../../dist/cli/main.js")")
fi
command -v node >/dev/null || skip 'there is no program "node"'
"${certkeeper[@]}" --version >/dev/null || skip 'certkeeper does not run: install it, or "npm ci" in a clone'

# The first process of a namespace hears no signal that it does not listen to.
trap 'exit 130' INT
trap 'exit 143' TERM HUP

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
printf 'a-secret-of-alice-1' >"$work/alice.psk"
printf 'auth-pass-12' >"$work/auth.key"
printf 'priv-pass-12' >"$work/priv.key"
start_lab a 8081 secret "gw-alice:file:$work/alice.psk"
start_lab b 8082
start_trap_receiver
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
# Most of its life that comes before renewal is over when it is issued: the agent will find that due in some seconds.
on bob cmp initialize key-type p-256 cert-name bob subject-name CN=bob,O=B san dns:bob.example signer-cert vendor \
  not-before "$(date -u -d '-285 seconds' +%FT%TZ)" not-after "$(date -u -d '+170 seconds' +%FT%TZ)" ca-root B ||
  fail 'Bob has no certificate'

say 'On both a charon, with no connection in any file, and the agent of certkeeper'
for machine in alice bob; do
  start_charon "$machine"
  quietly "$machine" staple responder listen 127.0.0.1:8889 >/dev/null
  start_agent "$machine"
done

say 'Each is told of the other: whom to believe, and where to ask whether a certificate is revoked'
on alice ca add B url "http://${address[office]}:8082/pkix/" root "$work/lab-b/root.pem" \
  intermediate "$work/lab-b/issuing.pem" || fail 'ca add'
on alice ocsp verify-object at-b url "http://${address[office]}:8082/ocsp" verify-others off ca-chain B \
  profile rfc6960 reject-missing-next-update on nonce prefer caching off timeout 2000 || fail 'ocsp verify-object'
on bob ca add A url "http://${address[office]}:8081/pkix/" root "$work/lab-a/root.pem" \
  intermediate "$work/lab-a/issuing.pem" || fail 'ca add'
on bob ocsp verify-object at-a url "http://${address[office]}:8081/ocsp" verify-others off ca-chain A \
  profile rfc6960 reject-missing-next-update on nonce prefer caching off timeout 2000 || fail 'ocsp verify-object'
on bob ipsec peer add alice socket "$work/bob.charon/charon.vici" local-address "${address[bob]}" \
  peer "${address[alice]}" remote-id CN=alice,O=A certificate bob ca A ocsp-cert-validator at-a reauth-on-renewal \
  child net local-ts "${network[bob]}" remote-ts "${network[alice]}" || fail 'ipsec peer add'
on alice ipsec peer add bob socket "$work/alice.charon/charon.vici" local-address "${address[alice]}" \
  peer "${address[bob]}" remote-id CN=bob,O=B certificate alice ca B ocsp-cert-validator at-b initiator reauth-on-renewal \
  child net local-ts "${network[alice]}" remote-ts "${network[bob]}" || fail 'ipsec peer add'
for machine in alice bob; do
  notify_office "$machine" || fail 'nobody is told of alarms'
done

say 'The tunnel comes up, and a ping goes through'
until_true 15 established alice bob || fail 'there is no tunnel'
on alice show tunnel ipsec bob
in_namespace alice ping -q -c 3 -i 0.2 -W 2 -I "${inside[alice]}" "${inside[bob]}" || fail 'no ping came back'

say "Bob's agent is told to renew, finds that it is time, and has the tunnel authenticated anew; a ping every 20 ms goes on"
before=$(serial bob)
ip netns exec alice ping -q -i 0.02 -W 1 -I "${inside[alice]}" "${inside[bob]}" >"$work/pings" &
pings=$!
on bob cmp auto-update current-name bob time 30
on bob agent reload
until_true 30 renewed bob "$before" || fail 'the certificate was not renewed'
until_true 30 in_use bob || fail 'the renewed certificate is not in use'
sleep 1
kill -INT "$pings"
wait "$pings"
tail -n 2 "$work/pings"
echo "The renewed certificate has serial number $(serial bob), and is in use"
on alice show tunnel ipsec bob

say "The office finds that Bob's key is no secret any more, and has CA B revoke his certificate"
on office ca add B url http://127.0.0.1:8082/pkix/ root "$work/lab-b/root.pem"
on office cert import cert-name ra file "$work/lab-b/ra.pem" key-file "$work/lab-b/ra.key" chain-file "$work/lab-b/issuing.pem"
on office cmp revoke current-cert ra cert-file "$work/bob.state/certs/bob.cert.pem" reason keyCompromise ca-root B ||
  fail 'the certificate was not revoked'

say 'Alice authenticates Bob anew, and is told that he is revoked'
# Her charon keeps what it was told until that ends: the lab's responses are of five seconds.
sleep 6
asked=${EPOCHREALTIME/[.,]/}
on alice cert deploy cert-name alice >"$work/alice.deploy.log" &
until_true 30 is_down alice bob || fail 'the tunnel still stands'
gone=$(((${EPOCHREALTIME/[.,]/} - asked) / 100000))
wait $!
cat "$work/alice.deploy.log"
echo "The tunnel is gone $((gone / 10)).$((gone % 10)) s after Alice was asked"
on alice show tunnel ipsec bob
in_namespace alice ping -q -c 2 -i 0.2 -W 1 -I "${inside[alice]}" "${inside[bob]}" >/dev/null && fail 'a ping still came back'

say 'The receiver of traps knows of all of it'
until_true 30 has_trap 'clmRevocationSourceStale.*bob' || fail 'no trap came'
traps

say 'Done: what ran here ends with this script, and its files were in memory'
