"""The public data that models are trained from: what each file is, and its rows."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ocma.errors import Invalid


@dataclass(frozen=True, slots=True)
class Source:
    """`origin`: the repository and commit it was made from. `cite`: what its terms ask to be named."""

    columns: tuple[str, ...]
    origin: str
    licence: str
    cite: str


_POSTS = ("account", "platform", "category", "tz", "published_utc", "media", "text", "title", "likes", "comments", "shares")
_PAIRS = ("test_id", "headline_a", "headline_b", "impressions_a", "clicks_a", "impressions_b", "clicks_b", "z")
_EMOTIONS = Source(
    columns=("text", "emotions"),
    origin="GoEmotions, as in github.com/monologg/GoEmotions-pytorch at b75f9d3a, data/original",
    licence="Apache-2.0",
    cite="Demszky et al., GoEmotions: A Dataset of Fine-Grained Emotions, ACL 2020",
)
FILES: Mapping[str, Source] = {
    "goemotions_train.csv.gz": _EMOTIONS,
    "goemotions_dev.csv.gz": _EMOTIONS,
    "facebook_2016_train.csv.gz": Source(
        columns=_POSTS,
        origin="github.com/minimaxir/interactive-facebook-reactions at ae1478bb, data/*_facebook_statuses.csv",
        licence="MIT",
        cite="Max Woolf, interactive-facebook-reactions, 2016",
    ),
    "twitter_2017_train.csv.gz": Source(
        columns=_POSTS,
        origin="github.com/fivethirtyeight/data at fcf572c4, twitter-ratio",
        licence="CC BY 4.0",
        cite="FiveThirtyEight, twitter-ratio, 2017",
    ),
    "upworthy_headline_pairs_train.csv.gz": Source(
        columns=_PAIRS,
        origin="Upworthy Research Archive, exploratory part, as in github.com/elilk2/Upworthy-Analysis-Project at 5ff635b1",
        licence="CC BY 4.0",
        cite="Matias et al., The Upworthy Research Archive, Scientific Data 2021",
    ),
}


def rows(folder: Path, name: str) -> Iterator[Mapping[str, str]]:
    """Raises Invalid, saying where the file is from, when it is not there or not what it should be."""
    path = folder / name
    if not path.is_file():
        raise Invalid(f"There is no {name} in {folder}.", code="dataMissing", remediation=_where(name))
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            yield from _checked(name, csv.DictReader(file, strict=True))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise Invalid(f"{name} cannot be read: {error}", code="dataBroken", remediation=_where(name)) from error


def _checked(name: str, reader: "csv.DictReader[str]") -> Iterator[Mapping[str, str]]:
    if missing := [each for each in FILES[name].columns if each not in (reader.fieldnames or ())]:
        raise Invalid(f"{name} has no column {', '.join(missing)}.", code="dataColumns", remediation=_where(name))
    for row in reader:
        if None in row or None in row.values():
            raise Invalid(f"{name}, line {reader.line_num}: not as many cells as columns.", code="dataBroken")
        yield row


def _where(name: str) -> str:
    source = FILES[name]
    return f"It is made from {source.origin} ({source.licence}); a gzipped CSV with the columns {', '.join(source.columns)}."
