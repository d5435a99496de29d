"""Becomes another program that dies with its parent. A script that process.py starts; standard library only.

    launch.py SIGNAL PARENT ACCOUNT PROGRAM ARGUMENT...

SIGNAL is what the kernel sends when the parent is gone, PARENT its process id, ACCOUNT `uid:gid` to change to or `-`.
Linux only has this (PR_SET_PDEATHSIG); elsewhere an orphan lives until the next start in the same data folder ends it.
A script before the program, instead of code between fork and exec: safe in programs with threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(signal_number: int, parent: int, account: str, program: list[str]) -> None:
    if account != "-":
        uid, gid = (int(part) for part in account.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of account, which clears it; and the parent may have died before it was set.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:
        sys.exit("the parent is gone")
    os.umask(0o077)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and what is ignored stays so in the program
    os.execv(program[0], program)  # noqa: S606 - to become that program is what this script is for


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
