"""How every bench ends when it is stopped: servers and processes end with it, and nobody reads a traceback."""

import signal
from collections.abc import Generator
from contextlib import contextmanager

STOPPED = 130  # what shells say after Ctrl-C


@contextmanager
def stoppable() -> Generator[None]:
    """By Ctrl-C, and by SIGTERM just so, though a shell had its background jobs ignore the former."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    except KeyboardInterrupt:
        print("stopped", flush=True)
        raise SystemExit(STOPPED) from None
