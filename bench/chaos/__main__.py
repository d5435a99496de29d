"""`python -m bench.chaos`: exits 0 when nothing was lost, doubled or stuck, by the platforms' own books."""

import sys
import time
from collections.abc import Callable

from bench.chaos import table
from bench.chaos.options import parse
from bench.chaos.run import Result, run
from bench.stopping import stoppable


def main() -> int:
    options = parse()
    print(table.head(options), flush=True)
    results: list[Result] = []
    try:
        results.extend(run(options, seed, _teller(seed)) for seed in options.seeds)
    finally:
        if results:
            print(f"\n{table.render(results)}\n", flush=True)
    for result in results:
        print(*table.cases(result.seed, result.verdict), sep="\n")
    good = all(result.verdict.is_good and not result.counts["failed without a reason told"] for result in results)
    print("PASSED: every publication is live exactly once" if good else "FAILED", flush=True)
    return 0 if good else 1


def _teller(seed: int) -> Callable[[str], None]:
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"seed {seed} {time.monotonic() - began:5.0f} s  {text}", flush=True)

    return say


if __name__ == "__main__":
    with stoppable():
        sys.exit(main())
