# What two-gateways.sh plays on: three network namespaces, and processes in them. Sourced, never run.
# shellcheck shell=bash

# Addresses of RFC 5737, which nobody has: two gateways, and a third machine with both CAs and the receiver of traps.
declare -Ar address=([alice]=192.0.2.1 [bob]=192.0.2.2 [office]=192.0.2.3)
declare -Ar inside=([alice]=10.1.0.1 [bob]=10.2.0.1)
declare -Ar network=([alice]=10.1.0.0/24 [bob]=10.2.0.0/24)

started=$SECONDS

# Tell what happens, with the seconds since the beginning.
say() { printf '\n[%3ds] %s\n' $((SECONDS - started)) "$*"; }

# End because something is not as it should be; what the processes said last helps to see why.
fail() {
  echo "FAILED: $*" >&2
  for log in "$work"/*.log; do
    printf -- '--- %s\n' "${log##*/}"
    tail -n "${TWO_GATEWAYS_LINES:-15}" "$log"
  done >&2
  exit 1
}

# End because this machine lacks something: 77 is how tests say that.
skip() {
  echo "SKIPPED: $*" >&2
  exit 77
}

in_namespace() { ip netns exec "$@"; }

# Run certkeeper on a machine, in its own state directory, and show how it was typed.
on() {
  local machine=$1
  shift
  printf '%s$ certkeeper %s\n' "$machine" "${*//$work\//}"
  quietly "$machine" "$@" | cut -c 1-160 | sed 's/^/    /'
  return "${PIPESTATUS[0]}"
}

quietly() {
  local machine=$1
  shift
  CERTKEEPER_STATE=$work/$machine.state in_namespace "$machine" "${certkeeper[@]}" "$@" 2>&1
}

# Start something that stays, on a machine; it ends with the script.
start() { # NAME MACHINE COMMAND…
  local name=$1 machine=$2
  shift 2
  ip netns exec "$machine" "$@" >"$work/$name.log" 2>&1 </dev/null &
}

# Ask again and again, for so many seconds, until a command succeeds.
until_true() { # SECONDS COMMAND…
  local last=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < last)) || return 1
    sleep 0.1
  done
}

# Wires: both gateways and the office hang on one bridge, which is in the namespace of the office.
lay_wires() {
  local machine
  for machine in "${!address[@]}"; do
    ip netns add "$machine" && ip -n "$machine" link set lo up || return 1
  done
  ip -n office link add wire type bridge || return 1
  ip -n office address add "${address[office]}/24" dev wire
  ip -n office link set wire up
  for machine in alice bob; do
    ip -n office link add "$machine" type veth peer name eth0 netns "$machine" || return 1
    ip -n office link set "$machine" master wire up
    ip -n "$machine" address add "${address[$machine]}/24" dev eth0
    ip -n "$machine" link set eth0 up
    # Stands for the network behind the gateway.
    ip -n "$machine" address add "${inside[$machine]}/24" dev lo
  done
}

# Some small kernels have no ESP: then charon encrypts by itself, through a TUN device.
kernel_has_esp() {
  local key
  key=0x$(printf '00%.0s' {1..32})
  ip -n alice xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 mode tunnel \
    enc 'cbc(aes)' "$key" auth 'hmac(sha256)' "$key" 2>/dev/null &&
    ip -n alice xfrm state flush
}

# The lab listens on the loopback interface only; this lets the other machines of the example reach it.
relay='
const { connect, createServer } = require("node:net");
const [, address, port] = process.argv;
createServer((from) => {
  const to = connect(port, "127.0.0.1");
  from.pipe(to).pipe(from);
  from.on("error", () => to.destroy());
  to.on("error", () => from.destroy());
}).listen(port, address);
'

start_lab() { # a|b PORT SECRET…
  local lab=lab-$1 port=$2 url=http://${address[office]}:$2
  shift 2
  start "$lab" office "${certkeeper[@]}" lab port "$port" dir "$work/$lab" --state "$work/$lab.state" \
    crl-url "$url" ocsp-url "$url/ocsp" ocsp-validity 5s "$@"
  start "$lab-relay" office node -e "$relay" "${address[office]}" "$port"
  until_true 15 in_namespace alice bash -c ": </dev/tcp/${address[office]}/$port" &&
    until_true 15 grep -q '^Ctrl-C' "$work/$lab.log" || fail "$lab did not start"
}

# charon as Debian has it, with a configuration and a socket of its own, and no connection in any file.
start_charon() { # MACHINE
  local directory=$work/$1.charon
  mkdir -m 700 "$directory"
  cat >"$directory/strongswan.conf" <<END
charon-systemd {
  load = random nonce openssl x509 revocation constraints pubkey pkcs1 pkcs8 pem curl hmac kdf $kernel socket-default vici
  make_before_break = yes
  retransmit_timeout = 1
  retransmit_tries = 2
  plugins {
    vici {
      socket = unix://$directory/charon.vici
    }
    revocation {
      timeout = 5s
    }
  }
  filelog {
    out {
      path = $work/$1.charon.log
      flush_line = yes
    }
  }
  journal {
    default = -1
  }
}
END
  STRONGSWAN_CONF=$directory/strongswan.conf start "$1.daemon" "$1" charon-systemd
  until_true 10 test -S "$directory/charon.vici" || fail "charon of $1 did not start"
}

start_agent() { # MACHINE
  CERTKEEPER_STATE=$work/$1.state start "$1.agent" "$1" "${certkeeper[@]}" agent run
  until_true 15 grep -q 'The agent runs' "$work/$1.agent.log" || fail "the agent of $1 did not start"
}

established() { # MACHINE PEER
  quietly "$1" show tunnel ipsec "$2" | grep -qi established
}

is_down() { ! established "$@"; }

serial() { # MACHINE
  quietly "$1" show cert "$1" | sed -n 's/^serial  *//p'
}

renewed() { [[ $(serial "$1") != "$2" ]]; }

# Whether the certificate is in use in charon, as the delivery has looked.
in_use() { # MACHINE
  quietly "$1" show cert "$1" | grep -q 'strongswan: deployed$'
}

# Be ready for informs of SNMP version 3, where the machine has what receives them.
start_trap_receiver() {
  has_snmptrapd=$(command -v snmptrapd) || return 0
  mkdir "$work/snmp"
  cat >"$work/snmp/snmptrapd.conf" <<END
createUser clm SHA-256 auth-pass-12 AES priv-pass-12
authUser log clm priv
format2 %v\n
END
  SNMP_PERSISTENT_DIR=$work/snmp start traps office snmptrapd -f -Lo -C -c "$work/snmp/snmptrapd.conf" -On -m '' \
    "udp:${address[office]}:162"
}

# Have a gateway tell the office of its alarms.
notify_office() { # MACHINE
  if [[ -z $has_snmptrapd ]]; then
    on "$1" notify log office file "$work/$1.notifications.log"
    return
  fi
  on "$1" snmp destination add office host "${address[office]}" user clm auth-key "file:$work/auth.key" \
    priv-key "file:$work/priv.key"
}

# Print what the office was told: the names of our MIB in place of numbers, and the texts.
traps() {
  if [[ -z $has_snmptrapd ]]; then
    cut -c 1-300 "$work"/*.notifications.log | sed 's/^/told: /'
    return
  fi
  "${certkeeper[@]}" snmp mib --state "$work/office.state" >"$work/mib"
  awk -v tree='.1.3.6.1.4.1.8072.9999.9999.4210.0.' '
    FNR == NR && /^clm.* NOTIFICATION-TYPE/ { name = $1 }
    FNR == NR && /::= { clmNotifications / { names[tree $4] = name }
    FNR != NR && match($0, /OID: [.0-9]+/) {
      line = "trap: " names[substr($0, RSTART + 5, RLENGTH - 5)]
      while (match($0, /STRING: "([^"\\]|\\.)*"/)) {
        line = line ", " substr($0, RSTART + 9, RLENGTH - 10)
        $0 = substr($0, RSTART + RLENGTH)
      }
      gsub(/\\"/, "\"", line)
      print line
    }' "$work/mib" "$work/traps.log"
}

has_trap() { traps | grep -Eq "$1"; }
