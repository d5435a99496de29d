"""Google's own description of the Analytics API. What a parameter may be stands in its words there: "required: true, pattern: …"."""

import json
import re

import httpx2
import jsonschema_rs

from contract.youtube.specification import DATA, demand

DOCUMENT = json.loads((DATA / "analytics-20240707.json").read_text("utf-8"))
REPORTS = DOCUMENT["resources"]["reports"]["methods"]["query"]
HOST = httpx2.URL(DOCUMENT["rootUrl"]).host
PATTERN = re.compile(r"pattern: \"?(\S+?)\"?,?$")


def check(request: httpx2.Request) -> None:
    """Raises Broken."""
    demand((request.method, request.url.path) == (REPORTS["httpMethod"], f"/{REPORTS['path']}"), str(request.url))
    demand(request.headers.get("authorization") == "Bearer ya29.token", "the token is missing")
    given, known = dict(request.url.params), REPORTS["parameters"]
    demand(given.keys() <= known.keys(), f"unknown parameters {given.keys() - known.keys()}")
    required = {name for name, each in known.items() if "required: true" in each["description"]}
    demand(required <= given.keys(), f"missing parameters {required - given.keys()}")
    for name, value in given.items():
        found = PATTERN.search(known[name]["description"])
        demand(found is None or re.fullmatch(found[1], value) is not None, f"{name}={value}")


def check_answer(response: httpx2.Response) -> None:
    table = DOCUMENT["schemas"]["QueryResponse"]["properties"]
    body = response.json()
    demand(body.keys() <= table.keys(), f"unknown fields {body.keys() - table.keys()}")
    columns = DOCUMENT["schemas"]["ResultTableColumnHeader"]["properties"]
    for header in body["columnHeaders"]:
        demand(header.keys() <= columns.keys(), f"unknown fields {header.keys() - columns.keys()}")
    jsonschema_rs.validate({"type": "array", "items": {"type": "array"}}, body.get("rows", []))
