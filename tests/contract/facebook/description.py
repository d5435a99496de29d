"""Meta's own description of the Graph API's nodes, and whether a request keeps to it."""

import json
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx2

from contract.graph.wire import Broken, top_level

DATA = Path(__file__).with_name("data")
EVERYWHERE = frozenset({"fields", "limit", "after", "until", "__paging_token", "appsecret_proof"})
# What Facebook's own pages have and the description has not.
KNOWN = {
    "POST Page/photos": {"source"},
    "GET PagePost/comments": {"since"},
    "GET Page/published_posts": {"since"},
    "Page": {"tasks"},
    "Stories": set[str](),
}


def recorded(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text())


def sent(request: httpx2.Request) -> dict[str, str]:
    """Query and form together, as the Graph API takes them; files as their length."""
    query = dict(request.url.params.multi_items())
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/x-www-form-urlencoded"):
        return query | dict(parse_qsl(request.content.decode(), keep_blank_values=True))
    return query | (multipart(request, kind) if kind.startswith("multipart/form-data") else {})


def multipart(request: httpx2.Request, kind: str) -> dict[str, str]:
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.content, policy=HTTP)
    read: dict[str, str] = {}
    for part in message.iter_parts():
        body = part.get_payload(decode=True)
        read[part.get_param("name", header="content-disposition")] = (
            f"{len(body)} bytes of {part.get_content_type()}" if part.get_filename() else body.decode()
        )
    return read


class Description:
    def __init__(self) -> None:
        told = recorded("graph")
        self._nodes, self._enums = told["nodes"], told["enums"]

    def check(self, request: httpx2.Request, node: str, edge: str) -> None:
        """`edge`: `#get`, `#delete` for the node itself."""
        name = f"{request.method} {node}/{edge}"
        api = next((each for each in self._nodes[node]["apis"] if (each["method"], each["edge"]) == (request.method, edge)), None)
        if api is None:
            raise Broken(f"there is no {name}")
        given, params = sent(request), {each["name"]: each for each in api["params"]}
        if unknown := set(given) - set(params) - EVERYWHERE - KNOWN.get(name, set()):
            raise Broken(f"{name} knows no {sorted(unknown)}")
        if missing := {each["name"] for each in api["params"] if each.get("required")} - set(given):
            raise Broken(f"{name} needs {sorted(missing)}")
        for each in params.keys() & given.keys():
            self._check_value(name, params[each], given[each])
        if "fields" in given:
            self._check_fields(api["return"] or node, given["fields"])

    def _check_value(self, name: str, param: dict[str, Any], value: str) -> None:
        """Enums are taken in any case."""
        allowed = {each.lower() for each in self._enums.get(param["type"], ())}
        if allowed and value.lower() not in allowed:
            raise Broken(f"{name}: {param['name']} may not be {value!r}")
        if param["type"] in {"unsigned int", "int"} and not value.isdecimal():
            raise Broken(f"{name}: {param['name']} is a number, not {value!r}")
        if param["type"] == "bool" and value not in {"true", "false"}:
            raise Broken(f"{name}: {param['name']} is true or false, not {value!r}")
        if param["type"].startswith("list") and not isinstance(json.loads(value), list):
            raise Broken(f"{name}: {param['name']} is a list, not {value!r}")

    def _check_fields(self, node: str, fields: str) -> None:
        if node not in self._nodes:
            return
        edges = {each["edge"] for each in self._nodes[node]["apis"] if each["method"] == "GET"}
        known = {*self._nodes[node]["fields"], *edges, *KNOWN.get(node, set())}
        if unknown := top_level(fields) - known:
            raise Broken(f"{node} has no {sorted(unknown)}")


GRAPH = Description()
