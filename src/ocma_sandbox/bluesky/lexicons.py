"""The AT Protocol's own descriptions of its records and calls, as data/lexicons.json holds them."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

Schema = Mapping[str, Any]


@cache
def _lexicons() -> Mapping[str, Mapping[str, Schema]]:
    return json.loads(files("ocma_sandbox.bluesky").joinpath("data/lexicons.json").read_text("utf-8"))["lexicons"]


def find(nsid: str) -> Schema | None:
    """What a lexicon mainly defines: a record, a call or an object."""
    return _lexicons().get(nsid, {}).get("main")


def get(nsid: str) -> Schema:
    found = find(nsid)
    if found is None:
        raise LookupError(f"no lexicon {nsid}")
    return found


def full_name(ref: str, home: str) -> str:
    """`#image` within app.bsky.embed.images is app.bsky.embed.images#image; `#main` is left out."""
    return (home + ref if ref.startswith("#") else ref).removesuffix("#main")


def resolve(ref: str, home: str) -> tuple[str, Schema]:
    """Where the reference leads: the lexicon in which further references are at home, and the definition."""
    nsid, _, fragment = full_name(ref, home).partition("#")
    return nsid, _lexicons()[nsid][fragment or "main"]
