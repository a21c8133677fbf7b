"""Run a program as the unit would: its system call filter, address families, capabilities and user, without systemd.

Usage: confined.py UNIT UID PROGRAM ARGUMENT…
"""

import ctypes
import errno
import os
import subprocess
import sys

unit, uid, *command = sys.argv[1:]
settings = {}
for line in open(unit):
    key, _, value = line.strip().partition("=")
    if not line.startswith("#") and value:
        settings.setdefault(key, []).append(value)


# The groups of system calls, as the systemd of this machine has them; groups may hold groups.
listed = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter"], capture_output=True, text=True, check=True)
groups = {}
for line in listed.stdout.split("\n"):
    word = line.strip()
    if line.startswith("@"):
        members = groups.setdefault(word, set())
    elif word and not word.startswith("#"):
        members.add(word)


def calls_of(group):
    return {call for word in groups[group] for call in (calls_of(word) if word.startswith("@") else {word})}


# systemd.exec(5): what comes first is the list that is allowed, with @default; then words are added, or with ~ taken away.
allowed = calls_of("@default")
for value in settings["SystemCallFilter"]:
    names = set().union(*(calls_of(word) if word.startswith("@") else {word} for word in value.lstrip("~").split()))
    allowed = allowed - names if value.startswith("~") else allowed | names


class Comparison(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


ALLOW, REFUSE, EQUAL = 0x7FFF0000, 0x00050000, 4
seccomp = ctypes.CDLL("libseccomp.so.2")
seccomp.seccomp_init.restype = ctypes.c_void_p
seccomp.seccomp_init.argtypes = [ctypes.c_uint32]
seccomp.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
seccomp.seccomp_rule_add_array.argtypes = [
    ctypes.c_void_p,
    ctypes.c_uint32,
    ctypes.c_int,
    ctypes.c_uint,
    ctypes.POINTER(Comparison),
]
seccomp.seccomp_load.argtypes = [ctypes.c_void_p]
rules = seccomp.seccomp_init(REFUSE | errno.EPERM)


def add(action, name, *comparisons):
    number = seccomp.seccomp_syscall_resolve_name(name.encode())
    # Some of the names are of other architectures.
    if number >= 0:
        array = (Comparison * len(comparisons))(*comparisons)
        assert seccomp.seccomp_rule_add_array(rules, action, number, len(comparisons), array) == 0, name


for name in sorted(allowed - {"socket", "clone3"}):
    add(ALLOW, name)
# RestrictNamespaces= looks into the flags of clone, and has clone3, whose flags it cannot see, be called unknown.
add(REFUSE | errno.ENOSYS, "clone3")
families = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
for family in settings["RestrictAddressFamilies"][0].split():
    add(ALLOW, "socket", Comparison(0, EQUAL, families[family], 0))

capabilities = ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in settings["AmbientCapabilities"][0].split())
become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"]
become += [f"--{kind}=-all,{capabilities}" for kind in ("inh-caps", "ambient-caps", "bounding-set")]
if os.environ.pop("CONFINED", "") == "":
    # Once more, as that user: the filter would not let setpriv do its work.
    os.environ["CONFINED"] = "1"
    os.execvp("setpriv", [*become, sys.executable, *sys.argv])
os.umask(int(settings["UMask"][0], 8))
assert seccomp.seccomp_load(rules) == 0
os.execv(command[0], command)
