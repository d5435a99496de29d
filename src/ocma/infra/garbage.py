"""When Python looks for garbage that counting references does not find."""

import gc

THRESHOLDS = (20_000, 20, 20)  # thousands of publications in hand, and the parts of many requests, are no garbage


def settle() -> None:
    """Once a process is ready: what is there by now stays, so that the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
