"""Meta's own description of Instagram's nodes, for either login, and whether a request keeps to it."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx2

DATA = Path(__file__).with_name("data")
EVERYWHERE = frozenset({"fields", "limit", "after"})
# What Instagram's pages have and the description has not: these edges exist for its own login, too.
KNOWN = {"POST media_publish": {"creation_id"}, "GET stories": set[str]()}


class Broken(AssertionError):
    """A request that the description does not allow."""


def recorded(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text())


def form(request: httpx2.Request) -> dict[str, str]:
    if not request.content:
        return {}
    assert request.headers["content-type"].partition(";")[0] == "application/x-www-form-urlencoded"
    pairs = parse_qsl(request.content.decode(), keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


class Description:
    def __init__(self) -> None:
        self._nodes = recorded("graph")

    def check(self, request: httpx2.Request, node: str, edge: str, returns: str) -> None:
        """`returns`: the node whose fields are asked for."""
        given = {name: value for name, value in request.url.params.items() if name != "appsecret_proof"} | form(request)
        params = self._params(request.method, node, edge)
        if unknown := set(given) - set(params) - (EVERYWHERE if request.method == "GET" else set()):
            raise Broken(f"{request.method} {node}/{edge} knows no {sorted(unknown)}")
        for name in params.keys() & given.keys():
            self._check_value(params[name], given[name])
        asked = set(re.sub(r"\{.*?\}", "", given.get("fields", "")).split(",")) - {""}
        if unknown := asked - set(self._nodes[returns]["fields"]):
            raise Broken(f"{returns} has no {sorted(unknown)}")

    def _params(self, method: str, node: str, edge: str) -> dict[str, str]:
        for each in self._nodes[node]["apis"]:
            if (each["method"], each["edge"]) == (method, edge):
                return {param["name"]: param["type"] for param in each["params"]}
        if (known := KNOWN.get(f"{method} {edge}")) is None:
            raise Broken(f"there is no {method} {node}/{edge}")
        return dict.fromkeys(known, "string")

    @staticmethod
    def _check_value(kind: str, value: str) -> None:
        if kind == "bool" and value not in {"true", "false"}:
            raise Broken(f"true or false, not {value!r}")
        if kind == "unsigned int" and not value.isdecimal():
            raise Broken(f"a number, not {value!r}")


GRAPH = Description()
