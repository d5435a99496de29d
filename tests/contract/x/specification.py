"""X's own description of its API, and whether a request or an answer keeps to it."""

import json
import re
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs

DATA = Path(__file__).with_name("data")


class Broken(AssertionError):
    """A request or an answer that the description does not allow."""


class Specification:
    def __init__(self, version: str) -> None:
        self.version = version
        self._document = _nullable(json.loads((DATA / f"openapi-{version}.json").read_text()))

    def operation(self, request: httpx2.Request) -> dict[str, Any]:
        for path, methods in self._document["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), request.url.path) and request.method.lower() in methods:
                return methods[request.method.lower()]
        raise Broken(f"{self.version} has no {request.method} {request.url.path}")

    def scopes(self, request: httpx2.Request) -> set[str]:
        return {scope for each in self.operation(request)["security"] for scope in each.get("OAuth2UserToken", ())}

    def unknown(self, request: httpx2.Request) -> set[str]:
        return set(request.url.params.keys()) - set(self._parameters(request, "query"))

    def check(self, request: httpx2.Request) -> None:
        self._check_parameters(request)
        self._check_body(request)

    def check_answer(self, request: httpx2.Request, response: httpx2.Response) -> None:
        declared = self.operation(request)["responses"].get(str(response.status_code))
        if declared is None:
            raise Broken(f"{request.url.path} does not answer {response.status_code}")
        self._validate(response.json(), declared["content"]["application/json"]["schema"])

    def _parameters(self, request: httpx2.Request, where: str) -> dict[str, Any]:
        listed = [self._resolve(each) for each in self.operation(request).get("parameters", ())]
        return {each["name"]: each for each in listed if each["in"] == where}

    def _check_parameters(self, request: httpx2.Request) -> None:
        known = self._parameters(request, "query")
        if unknown := self.unknown(request):
            raise Broken(f"{self.version}: unknown parameters {unknown}")
        if missing := {name for name, each in known.items() if each.get("required")} - set(request.url.params.keys()):
            raise Broken(f"missing parameters {missing}")
        for name, value in request.url.params.multi_items():
            self._validate(_typed(value, self._resolve(known[name]["schema"])), known[name]["schema"])

    def _check_body(self, request: httpx2.Request) -> None:
        declared = self.operation(request).get("requestBody")
        if declared is None:
            if request.content:
                raise Broken(f"{request.url.path} takes no body")
            return
        kind = request.headers["content-type"].partition(";")[0]
        if kind not in declared["content"]:
            raise Broken(f"{request.url.path} does not take {kind}")
        schema = declared["content"][kind]["schema"]
        fields = json.loads(request.content) if kind == "application/json" else self._fields(request, schema)
        self._validate(fields, schema)

    def _fields(self, request: httpx2.Request, schema: dict[str, Any]) -> dict[str, Any]:
        properties = self._properties(schema)
        read = {name: content if is_file else content.decode() for name, content, is_file in multipart(request)}
        return {
            name: "bytes" if isinstance(value, bytes) else _typed(value, self._resolve(properties.get(name, {})))
            for name, value in read.items()
        }

    def _properties(self, schema: dict[str, Any]) -> dict[str, Any]:
        schema, found = self._resolve(schema), {}
        for each in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
            found |= self._properties(each)
        return found | schema.get("properties", {})

    def _resolve(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            _, _, kind, name = value["$ref"].split("/")
            value = self._document["components"][kind][name]
        return value

    def _validate(self, value: Any, schema: dict[str, Any]) -> None:
        whole = {"allOf": [schema], "components": self._document["components"]}
        for error in jsonschema_rs.Draft4Validator(whole, validate_formats=True).iter_errors(value):
            raise Broken(f"{self.version}: {value!r}: {error.message}")


def multipart(request: httpx2.Request) -> list[tuple[str, bytes, bool]]:
    """The fields of a form: name, content, whether it is a file."""
    head = b"Content-Type: " + request.headers["content-type"].encode() + b"\r\n\r\n"
    message = message_from_bytes(head + request.content, policy=HTTP)
    return [
        (part.get_param("name", header="content-disposition"), part.get_payload(decode=True), part.get_filename() is not None)
        for part in message.iter_parts()
    ]


def _typed(value: str, schema: dict[str, Any]) -> Any:
    if schema.get("type") == "array":
        return value.split(",")
    return int(value) if schema.get("type") == "integer" else value


def _nullable(value: Any) -> Any:
    """OpenAPI 3.0's `nullable` as JSON Schema."""
    if isinstance(value, list):
        return [_nullable(each) for each in value]
    if not isinstance(value, dict):
        return value
    read = {key: _nullable(each) for key, each in value.items()}
    if read.get("nullable") is True and isinstance(read.get("type"), str):
        read["type"] = [read["type"], "null"]
    return read


NEW, OLD = Specification("2.167"), Specification("2.166")
