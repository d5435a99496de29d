"""Meta's own description of Instagram's nodes, for either login, and whether a request keeps to it."""

import json
from pathlib import Path
from typing import Any

import httpx2

from contract.graph.wire import Broken, form, top_level

DATA = Path(__file__).with_name("data")
EVERYWHERE = frozenset({"fields", "limit", "after"})
# What Instagram's pages have and the description has not: these edges exist for its own login, too.
KNOWN = {"POST media_publish": {"creation_id"}, "GET stories": set[str]()}


def recorded(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text())


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
        asked = top_level(given.get("fields", ""))
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
