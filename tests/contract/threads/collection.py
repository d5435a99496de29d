"""The requests of Meta's own collection for the Threads API, and whether one of ours keeps to them."""

import json
from pathlib import Path
from typing import Any

import httpx2

from contract.graph.wire import Broken, form, top_level

DATA = Path(__file__).with_name("data")
# What the collection leaves to its variables, or to other requests of the same kind.
KNOWN = {"GET me/replies": {"replied_to"}, "POST me/threads": {"media_type", "quote_post_id"}}
TYPES = frozenset({"TEXT", "IMAGE", "VIDEO", "CAROUSEL"})


def recorded(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text())


class Collection:
    def __init__(self) -> None:
        self._requests = recorded("collection")

    def check(self, request: httpx2.Request, name: str) -> None:
        """`name`: as the collection has it, e.g. `POST me/threads`."""
        if (known := self._requests.get(name)) is None:
            raise Broken(f"there is no {name}")
        given = dict(request.url.params.items()) | form(request)
        if unknown := set(given) - set(known["params"]) - KNOWN.get(name, set()):
            raise Broken(f"{name} knows no {sorted(unknown)}")
        asked = top_level(given.get("fields", ""))
        if unknown := asked - set(known["fields"]):
            raise Broken(f"{name} has no {sorted(unknown)}")
        self._check_values(given)

    @staticmethod
    def _check_values(given: dict[str, str]) -> None:
        if given.get("media_type", "TEXT") not in TYPES:
            raise Broken(f"no media_type {given['media_type']}")
        if given.get("media_type") != "TEXT" and {"link_attachment", "poll_attachment"} & set(given):
            raise Broken("links and polls are of texts")
        if "auto_publish_text" in given:
            raise Broken("a container must not publish itself")

    def example(self, name: str) -> Any:
        return self._requests[name]["answer"]


THREADS = Collection()
