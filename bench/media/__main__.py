"""`python -m bench.media`: a large video into the API, every way there is, and out again; what it costs in memory.

Exits 0 when every way keeps within `--most` MiB beside what the process held before.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.media import film
from bench.media.memory import Memory, watched
from bench.media.stage import Stage, open_stage
from bench.media.ways import Sender
from bench.stopping import stoppable


@dataclass
class Row:
    way: str
    seconds: float
    speed: float
    memory: Memory


def main() -> int:
    options = _parse()
    with tempfile.TemporaryDirectory(dir=options.data) as folder:
        path = Path(folder) / "film.mp4"
        film.write(path, options.megabytes * 1_000_000)
        print(f"a video of {path.stat().st_size:,} bytes; storage: {'a bucket' if options.bucket else 'a folder'}", flush=True)
        with open_stage(Path(folder), bucket=options.bucket) as stage:
            rows = _run(stage, Sender(stage.client, path))
    print(_table(rows), flush=True)
    good = all(row.memory.extra <= options.most for row in rows)
    print(f"{'PASSED' if good else 'FAILED'}: at most {options.most} MiB beside what the process held before", flush=True)
    return 0 if good else 1


def _run(stage: Stage, sender: Sender) -> list[Row]:
    ways: dict[str, Callable[[], str]] = {
        "form": sender.form,
        "form, with Idempotency-Key": sender.form_with_key,
        "in pieces of 64 MiB": sender.pieces,
        "in one piece": sender.one_piece,
    }
    rows: list[Row] = []
    for name, way in ways.items():
        medium_id = _measure(stage, sender, rows, name, way)
        if way == sender.one_piece:
            arrived = _measure(stage, sender, rows, "out, by a signed address", lambda kept=medium_id: sender.out(kept))
            if not arrived:
                raise SystemExit("what came out is not what went in")
        sender.drop(str(medium_id))
    return rows


def _measure(stage: Stage, sender: Sender, rows: list[Row], name: str, way: Callable[[], str | bool]) -> str | bool:
    with watched(stage.api.pid) as memory:
        began = time.monotonic()
        result = way()
        seconds = time.monotonic() - began
    rows.append(Row(name, seconds, sender.size / 1e6 / seconds, memory))
    return result


def _table(rows: list[Row]) -> str:
    lines = [f"{'':<28}{'s':>8}{'MB/s':>8}{'before':>10}{'peak':>10}{'extra':>10}{'children':>10}   (MiB)"]
    lines += [
        f"{row.way:<28}{row.seconds:>8.1f}{row.speed:>8.0f}{row.memory.before:>10.1f}{row.memory.peak:>10.1f}"
        f"{row.memory.extra:>10.1f}{row.memory.children:>10.1f}"
        for row in rows
    ]
    return "\n".join(lines)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.media", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000, help="size of the video")
    parser.add_argument("--most", type=float, default=150.0, help="MiB that one upload may cost")
    parser.add_argument("--bucket", action="store_true", help="keep the files in a bucket, not in a folder")
    parser.add_argument("--data", type=Path, default=None, help="where to work; needs some times the size of the video")
    return parser.parse_args()


if __name__ == "__main__":
    with stoppable():
        sys.exit(main())
