"""`profiled.py <file> <arguments of ocma>`: runs ocma, and profiles what it does from SIGUSR1 on, so that no import is in it."""

import cProfile
import runpy
import signal
import sys

_, file, *words = sys.argv
profile = cProfile.Profile()


def begin(*_: object) -> None:
    profile.enable()


signal.signal(signal.SIGUSR1, begin)
sys.argv[1:] = words
try:
    runpy.run_module("ocma", run_name="__main__", alter_sys=True)
finally:
    profile.disable()
    profile.dump_stats(file)
