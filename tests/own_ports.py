"""Test processes that run side by side draw the ports of their servers from ranges of their own.

A port is free until its server has started, so two that draw from one range may draw the same.
"""

import os

from ocma.infra.embedded import ports

ALL = ports.CHOICE
SHARES = 4  # more processes than that share


def take_share() -> None:
    """Of this process, or of the test process that started it."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % SHARES
    size = len(ALL) // SHARES
    ports.CHOICE = ALL[number * size : (number + 1) * size]
