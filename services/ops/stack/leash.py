"""Become another program, which the kernel kills as soon as the thread that started it is gone.

A script of its own, run as `python -I -S leash.py PARENT_PID PROGRAM ARGUMENT...`: what is asked of the kernel
here survives exec, and nothing has to run between fork and exec in a parent with many threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Tie this process to its parent, then exec the program; never returns."""
    parent, program = int(arguments[0]), arguments[1:]
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        sys.exit("The kernel refuses to end this process together with its parent.")
    if os.getppid() != parent:  # it died before we asked: nobody would send the signal any more
        sys.exit("The parent was gone before this process began.")
    os.execvp(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
