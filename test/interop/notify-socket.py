"""Be a service manager's notification socket: print each datagram as one line of JSON, until standard input ends."""

import json
import os
import select
import socket
import sys

path = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(path)
os.chmod(path, 0o666)
print(json.dumps("listening"), flush=True)
while True:
    ready, _, _ = select.select([receiver, sys.stdin], [], [])
    if sys.stdin in ready and not sys.stdin.buffer.read1(1):
        break
    if receiver in ready:
        # The end of a pipe comes along with a barrier, and is closed by not being taken: that says that all is read.
        text = receiver.recv(65536).decode()
        if text != "BARRIER=1":
            print(json.dumps(text), flush=True)
