#!/bin/sh
# Ask certkeeper about the certificate of an IKE peer, or about our own before it is sent.
#
#   ike-hook.sh peer FILE [IDENTITY]   FILE: what the peer sent, PEM or DER; IDENTITY: dns:HOST, ip:ADDRESS, a name, …
#   ike-hook.sh own NAME               NAME: of the certificate in certkeeper
#
# Exit code 0: go on. 1: refuse. Whatever keeps certkeeper from a verdict is a refusal, too.
# Call it by the daemon's hook for a new peer; the user it runs as is a member of the group of the agent's socket.
set -u

policy=${CERTKEEPER_POLICY:-gateways}
socket=${CERTKEEPER_SOCKET:-/run/certkeeper/agent.sock}

case "${1:-} $#" in
'peer 2') set -- verify "$2" policy "$policy" ;;
'peer 3') set -- verify "$2" policy "$policy" identity "$3" ;;
'own 2') set -- verify cert-name "$2" policy "$policy" ;;
*)
  echo "usage: $0 peer FILE [IDENTITY] | own NAME" >&2
  exit 1
  ;;
esac

# Without a socket it is asked in the state directory, which only the agent's user and root can enter.
[ -S "$socket" ] && set -- "$@" socket "$socket"

# Longer than the deadline of the policy, and shorter than the daemon waits.
said=$(timeout 10 certkeeper "$@" 2>&1)
code=$?
case $code in
0) exit 0 ;;
9) what='refused' ;;
*) what="no verdict (exit code $code)" ;;
esac
printf '%s\n' "$what: $said" | logger -t certkeeper-ike -p auth.warning 2>/dev/null ||
  printf '%s\n' "$what: $said" >&2
exit 1
