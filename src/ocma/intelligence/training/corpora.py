"""The texts of the public data by language and by who wrote them, for counting words."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ocma.intelligence import language
from ocma.intelligence.text import Draft, read
from ocma.intelligence.training import files

POSTS = ("facebook_2016_train.csv.gz", "twitter_2017_train.csv.gz")
COMMENTS = "goemotions_train.csv.gz"
HEADLINES = "upworthy_headline_pairs_train.csv.gz"
_SAMPLE = 40  # posts that tell an account's language
_LONG = 40  # characters: shorter ones tell little
LEAST_TEXTS = 5  # a word in fewer may be somebody's own
LEAST_ACCOUNTS = 2


@dataclass(frozen=True, slots=True)
class Counts:
    """In how many texts of a register (posts, comments, headlines) each word stands, and whose they are."""

    texts: Mapping[str, Counter[str]] = field(default_factory=lambda: defaultdict[str, Counter[str]](Counter))
    sizes: Counter[str] = field(default_factory=Counter[str])
    writers: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def add(self, register: str, writer: str, words: Iterable[str]) -> None:
        self.sizes[register] += 1
        for word in set(words):
            self.texts[register][word] += 1
            if len(known := self.writers.setdefault(word, set())) < LEAST_ACCOUNTS:
                known.add(writer)

    def common(self) -> list[str]:
        """The words that may be shipped: in enough texts of more than one account."""
        total: Counter[str] = Counter()
        for each in self.texts.values():
            total.update(each)
        return sorted(word for word, n in total.items() if n >= LEAST_TEXTS and len(self.writers[word]) >= LEAST_ACCOUNTS)


def posts(folder: Path) -> Mapping[str, list[Mapping[str, str]]]:
    """By account, in the order of time."""
    found: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for name in POSTS:
        for row in files.rows(folder, name):
            found[row["account"]].append(row)
    return {account: sorted(rows, key=lambda row: row["published_utc"]) for account, rows in sorted(found.items())}


def comments(folder: Path) -> list[Draft]:
    """In English. Nobody knows whose they are."""
    return [read(row["text"]) for row in files.rows(folder, COMMENTS)]


def headlines(folder: Path) -> list[Draft]:
    """In English, each once."""
    rows = files.rows(folder, HEADLINES)
    return [read(text) for text in sorted({row[each] for row in rows for each in ("headline_a", "headline_b")})]


def language_of(rows: Iterable[Mapping[str, str]]) -> str | None:
    """What most of an account's first longer posts are in."""
    texts = [row["text"] for row in rows if len(row["text"]) >= _LONG][:_SAMPLE]
    found = Counter(language.guess(read(text)) for text in texts)
    best = max(found, key=lambda each: (found[each], each or ""), default=None)
    return best if best and 2 * found[best] > len(texts) else None


LICENCE = "What is shipped is part of OCMA (Apache-2.0); the data's own terms are named with it, and no row of it is here."


def cite(*names: str) -> list[str]:
    """A line for a card of each file."""
    return [f"{each}: {files.FILES[each].cite}; {files.FILES[each].origin} ({files.FILES[each].licence})" for each in names]
