"""What a local analysis of a draft costs: drafts per second on one core, and the memory of a process that has only that.

    make bench-analysis
    make bench-analysis ARGS="--drafts 5000 --posts 500"

The drafts are cut from this project's own docs, with tags and addresses as people write them. The floor is reading the draft and
nothing else. Exit code 1: a promise was not kept.
"""

import argparse
import random
import re
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from bench.stopping import stoppable

from ocma.features.assistant import opinion
from ocma.features.assistant.analysis_schemas import AnalysisWish
from ocma.features.assistant.history import Told
from ocma.features.assistant.learned import NOTHING, Known, Subject, learn
from ocma.features.assistant.opinion import Case
from ocma.ids import new_id
from ocma.intelligence.text import read
from ocma.platforms.registry import get_connector

PLATFORMS = ("x", "linkedin", "facebook", "instagram", "mastodon", "bluesky")
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LENGTH = 280  # characters of a draft, about
RATE, MEMORY = 200, 300  # drafts per second at least, MiB at most


def arguments() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m bench.analysis", description=__doc__, formatter_class=raw)
    parser.add_argument("--drafts", type=int, default=2000, help="how many (2,000)")
    parser.add_argument("--posts", type=int, default=300, help="of the account whose history counts (300)")
    return parser.parse_args()


def texts() -> Iterator[str]:
    """For ever."""
    prose = " ".join(re.sub(r"[`*#|<>\[\]()]", "", each.read_text()) for each in sorted(Path("docs").rglob("*.md")))
    words, dice = prose.split(), random.Random(6)
    while True:
        start, size = dice.randrange(len(words) - 100), dice.randint(LENGTH // 2, LENGTH)
        text = " ".join(words[start : start + 100])[:size].rsplit(" ", 1)[0]
        yield f"{text} {dice.choice(('', '🎉', 'https://example.org/a'))} #{dice.choice(('news', 'release', 'howto'))}"


def history(found: Iterable[str], count: int) -> list[Told]:
    dice = random.Random(7)
    return [
        Told(read(each), NOW - timedelta(hours=7 * (count - index) + 48), float(int(dice.lognormvariate(3, 1))), "status")
        for index, each in enumerate(islice(found, count))
    ]


def timed(drafts: list[str], work: Callable[[str, int], object]) -> list[float]:
    seconds = list[float]()
    for index, each in enumerate(drafts):
        began = time.process_time()
        work(each, index)
        seconds.append(time.process_time() - began)
    return seconds


def tell(name: str, seconds: list[float], floor: float) -> float:
    whole, ordered = sum(seconds), sorted(seconds)
    middle, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    rate = len(seconds) / whole
    print(f"| {name} | {rate:,.0f} | {middle * 1000:.2f} | {late * 1000:.2f} | {whole / floor:.1f} |")
    return rate


def main() -> int:
    chosen = arguments()
    source = texts()
    drafts = list(islice(source, chosen.drafts))
    subject = Subject(new_id(), "x", "Europe/Berlin")
    began = time.process_time()
    known = learn(history(source, chosen.posts), subject)
    learning = time.process_time() - began

    def analysis(of: Known) -> Callable[[str, int], object]:
        def work(text: str, index: int) -> object:
            platform = PLATFORMS[index % len(PLATFORMS)]
            case = Case(AnalysisWish(content=text, platform=platform), get_connector(platform).manifest, subject, of, None, NOW)
            return opinion.form(case).analysis.model_dump_json(by_alias=True)

        return work

    timed(drafts[:50], analysis(known))  # models are read
    floor = timed(drafts, lambda text, _: read(text))
    print(f"{len(drafts):,} drafts of about {LENGTH} characters on one core; {chosen.posts} posts learned in {learning:.2f} s\n")
    print("|  | per s | p50, ms | p99, ms | of the floor |\n| --- | --: | --: | --: | --: |")
    tell("reading the draft (floor)", floor, sum(floor))
    alone = tell("analysis, no history", timed(drafts, analysis(NOTHING)), sum(floor))
    rate = tell("analysis, with the account's history", timed(drafts, analysis(known)), sum(floor))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{min(rate, alone):,.0f} drafts/s at least {RATE}; {memory:.0f} MiB at most {MEMORY}.")
    return 0 if min(rate, alone) >= RATE and memory <= MEMORY else 1


if __name__ == "__main__":
    with stoppable():
        sys.exit(main())
