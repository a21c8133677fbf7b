"""Drive a program on a pseudo-terminal, as a person at the keyboard would.

Reads one JSON object on standard input: {"argv": [...], "env": {...}, "steps": [...]}. A step is
{"expect": TEXT} (wait until TEXT was printed since the last step that was met), {"send": KEYS} (write them
all at once) or {"type": KEYS} (one at a time, each once the one before was echoed). Writes
{"code": EXIT CODE, "screen": ALL OUTPUT} or {"failed": STEP, "screen": ...}.
"""

import json
import os
import pty
import select
import signal
import sys
import time

LIMIT_SECONDS = 50


class Failed(Exception):
    pass


def main():
    task = json.load(sys.stdin)
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(task["argv"][0], task["argv"], task["env"])
    screen = ""
    seen = 0
    end = time.monotonic() + LIMIT_SECONDS

    def read():
        nonlocal screen
        left = end - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            raise Failed()
        try:
            chunk = os.read(fd, 65536)
        except OSError:
            chunk = b""
        if not chunk:
            raise EOFError()
        screen += chunk.decode("utf-8", "replace")

    def expect(text):
        nonlocal seen
        while (at := screen.find(text, seen)) < 0:
            read()
        seen = at + len(text)

    step = None
    try:
        for step in task["steps"]:
            if "expect" in step:
                expect(step["expect"])
            elif "send" in step:
                os.write(fd, step["send"].encode())
            else:
                for key in step["type"]:
                    os.write(fd, key.encode())
                    expect(key)
        step = {"expect": "the end"}
        try:
            while True:
                read()
        except EOFError:
            pass
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status), "screen": screen}))
    except (Failed, EOFError):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        print(json.dumps({"failed": step, "screen": screen}))


main()
