"""A language model's server as OpenAI's API describes it (chat completions), real HTTP, and every way in which one can go wrong.

It knows nothing of OCMA. What it is sent it checks as the real one does: a parameter nobody knows is a 400. `received` is what
came in. Answers: `answer` is asked with the request's body and returns what the model says (text, or what JSON can say); without
one it fills the schema it was sent with the smallest values that fit.

    async with serving() as server:
        server.answer = lambda body: {"mood": "good"}
        server.fault("hang")                # every call from now on; server.fault(None): well again
        server.faults("500", "wrong_schema")  # these, one call each, and then as before
"""

import asyncio
import json
import re
from collections import deque
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

MODEL = "test-model-1"
KEY = "sk-test-7f3a-not-a-real-key"
_KNOWN = """
    model messages max_tokens max_completion_tokens temperature top_p n stop seed user store response_format
    stream stream_options metadata reasoning_effort safety_identifier
"""
KNOWN = frozenset(_KNOWN.split())
ROLES = {"system", "developer", "user", "assistant"}
_STRICT = """
    type properties required additionalProperties items anyOf enum const $ref $defs description title
"""
STRICT = frozenset(_STRICT.split())
HUGE = 50 * 1024 * 1024
REFUSALS = {
    "401": (401, f"Incorrect API key provided: {KEY}.", "invalid_api_key"),
    "403": (403, "You are not allowed to use this model.", None),
    "404": (404, "The model does not exist.", "model_not_found"),
    "429": (429, "Rate limit reached.", "rate_limit_exceeded"),
    "quota": (429, "You exceeded your current quota.", "insufficient_quota"),
    "500": (500, "The server had an error.", None),
    "503": (503, "The server is overloaded.", None),
}
ODD_BODIES = {
    "wrong_type": ("text/html", "<html><body>Log in to the Wi-Fi</body></html>"),
    "not_json": ("application/json", '{"choices": ['),
    "list": ("application/json", "[1, 2, 3]"),
    "deep": ("application/json", '{"choices":' + "[" * 100_000 + "]" * 100_000 + "}"),
}
_FAULTS = """
    hang slow drip reset wrong_schema prose truncated empty_choices no_choices null_content huge wrong_type
    not_json not_http refusal content_filter length 401 403 404 429 quota 500 503 redirect no_usage negative_usage
    odd_usage gzip list deep cut stream_error stream_hang
"""
FAULTS = frozenset(_FAULTS.split())


class Refused(Exception):
    def __init__(self, message: str, param: str | None = None, *, status: int = 400, code: str | None = None):
        super().__init__(message)
        self.status, self.param, self.code = status, param, code


@dataclass
class Received:
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def system(self) -> str:
        return "\n".join(each["content"] for each in self.body["messages"] if each["role"] in {"system", "developer"})

    @property
    def users(self) -> list[str]:
        return [each["content"] for each in self.body["messages"] if each["role"] == "user"]


@dataclass
class ModelServer:
    """`forms`: what response_format may be; `limits`: by which names the longest answer may be told; `usage_in_streams`: known?"""

    url: str = ""
    key: str | None = KEY
    models: set[str] = field(default_factory=lambda: {MODEL})
    forms: set[str] = field(default_factory=lambda: {"json_schema", "json_object", "text"})
    limits: set[str] = field(default_factory=lambda: {"max_tokens", "max_completion_tokens"})
    usage_in_streams: bool = True
    answer: Callable[[dict[str, Any]], Any] | None = None
    usage: tuple[int, int] = (100, 20)
    slow: float = 0.5  # seconds: before an answer ("slow"), or between its bytes ("drip")
    retry_after: str | None = None
    received: list[Received] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # what it found wrong with requests
    hung_up: int = 0  # callers that went before their answer was whole
    now: int = 0
    most: int = 0  # calls at once
    _always: str | None = None
    _queue: "deque[str | None]" = field(default_factory=deque)

    def fault(self, name: str | None) -> None:
        assert name is None or name in FAULTS, name
        self._always = name
        self._queue.clear()

    def faults(self, *names: str | None) -> None:
        assert all(each is None or each in FAULTS for each in names), names
        self._queue.extend(names)

    @property
    def calls(self) -> int:
        return len(self.received)

    @property
    def last(self) -> Received:
        return self.received[-1]

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await self._take(request)
        except Refused as error:
            self.refused.append(str(error))
            return _error(error.status, str(error), error.param, error.code)
        except (asyncio.CancelledError, ConnectionError):
            self.hung_up += 1
            raise
        finally:
            self.now -= 1

    async def _take(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        fault = self._queue.popleft() if self._queue else self._always
        body = self._checked(request, raw)
        self.received.append(Received({name.lower(): value for name, value in request.headers.items()}, body))
        if fault == "slow":
            await asyncio.sleep(self.slow)
        if answered := await self._broken(request, fault):
            return answered
        text = self._text(body, fault)
        if body.get("stream"):
            return await self._stream(request, body, text, fault)
        whole = self._whole(body, text, fault)
        if fault == "drip":
            return await _dripped(request, json.dumps(whole).encode(), self.slow)
        return web.json_response(whole)

    # What comes in ---------------------------------------------------------------------------------------------------

    def _checked(self, request: web.Request, raw: bytes) -> dict[str, Any]:
        if self.key is not None and request.headers.get("Authorization") != f"Bearer {self.key}":
            raise Refused("Incorrect API key provided.", status=401, code="invalid_api_key")
        if request.content_type != "application/json":
            raise Refused(f"Unsupported content type: {request.content_type}.", status=415)
        try:
            body = json.loads(raw)
        except ValueError:
            raise Refused("We could not parse the JSON body of your request.") from None
        if not isinstance(body, dict):
            raise Refused("The body has to be an object.")
        if unknown := body.keys() - KNOWN:
            raise Refused(f"Unrecognized request arguments supplied: {', '.join(sorted(unknown))}")
        if not isinstance(body.get("model"), str):
            raise Refused("you must provide a model parameter", "model")
        if body["model"] not in self.models:
            raise Refused(f"The model `{body['model']}` does not exist.", "model", status=404, code="model_not_found")
        self._check_messages(body.get("messages"))
        self._check_limits(body)
        self._check_form(body)
        self._check_stream(body)
        return body

    def _check_messages(self, messages: Any) -> None:
        if not isinstance(messages, list) or not messages:
            raise Refused("'messages' has to be a list with at least one message.", "messages")
        for number, each in enumerate(messages):
            if not isinstance(each, dict) or each.get("role") not in ROLES or not isinstance(each.get("content"), str):
                raise Refused(f"Invalid value for 'messages[{number}]'.", f"messages[{number}]")
            if each.keys() - {"role", "content", "name"}:
                raise Refused(f"Unknown parameter in 'messages[{number}]'.", f"messages[{number}]")

    def _check_limits(self, body: dict[str, Any]) -> None:
        for name in ("max_tokens", "max_completion_tokens"):
            if name not in body:
                continue
            if name not in self.limits:
                other = next(iter(self.limits), "nothing")
                raise Refused(f"Unsupported parameter: '{name}'. Use '{other}' instead.", name, code="unsupported_parameter")
            if type(body[name]) is not int or body[name] < 1:
                raise Refused(f"Invalid value for '{name}'.", name)
        if {"max_tokens", "max_completion_tokens"} <= body.keys():
            raise Refused("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", "max_tokens")

    def _check_form(self, body: dict[str, Any]) -> None:
        form = body.get("response_format")
        if form is None:
            return
        kind = form.get("type") if isinstance(form, dict) else None
        if kind not in {"text", "json_object", "json_schema"}:
            raise Refused("Invalid value for 'response_format.type'.", "response_format.type")
        if kind not in self.forms:
            raise Refused(
                f"Invalid parameter: 'response_format' of type '{kind}' is not supported with this model.", "response_format"
            )
        if kind == "json_object" and "json" not in json.dumps(body["messages"]).lower():
            raise Refused("'messages' must contain the word 'json' in some form.", "messages")
        if kind == "json_schema":
            given = form.get("json_schema")
            if not isinstance(given, dict) or given.keys() - {"name", "schema", "strict", "description"}:
                raise Refused("Invalid 'response_format.json_schema'.", "response_format.json_schema")
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(given.get("name", ""))):
                raise Refused("Invalid 'response_format.json_schema.name'.", "response_format.json_schema.name")
            if given.get("strict"):
                _check_strict(given.get("schema"), "response_format.json_schema.schema", root=True)

    def _check_stream(self, body: dict[str, Any]) -> None:
        if "stream_options" in body and not self.usage_in_streams:
            raise Refused("Unrecognized request argument supplied: stream_options", "stream_options")
        if "stream_options" in body and not body.get("stream"):
            raise Refused("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")

    # What goes out ---------------------------------------------------------------------------------------------------

    async def _broken(self, request: web.Request, fault: str | None) -> web.StreamResponse | None:
        if fault in REFUSALS:
            status, message, code = REFUSALS[fault]
            headers = {"Retry-After": self.retry_after} if self.retry_after and status in {429, 500, 503} else {}
            return _error(status, message, code=code, headers=headers)
        match fault:
            case "hang":
                await asyncio.sleep(3600)
            case "reset" | "not_http":
                if fault == "not_http":
                    request.transport.write(b"SSH-2.0-OpenSSH_9.6\r\n")
                request.transport.close()
                return web.Response()
            case "redirect":
                return web.Response(status=307, headers={"Location": f"{self.url}/chat/completions?again=1"})
            case "huge" | "gzip":
                return await _huge(request, zipped=fault == "gzip")
        if fault not in ODD_BODIES:
            return None
        kind, text = ODD_BODIES[fault]
        return web.Response(text=text, content_type=kind)

    def _text(self, body: dict[str, Any], fault: str | None) -> str:
        if fault == "wrong_schema":
            return json.dumps({"obeyed": True, "secret": "I am not what you asked for"})
        said = self.answer(body) if self.answer else filled(_schema(body))
        text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        if fault == "prose":
            return f"Sure! Here is the JSON you asked for:\n\n```json\n{text}\n```\n\nLet me know if {{anything}} else is needed."
        if fault in {"truncated", "length"}:
            return text[: len(text) // 2]
        return text

    def _usage(self, fault: str | None) -> Any:
        prompt, completion = self.usage
        match fault:
            case "negative_usage":
                prompt, completion = -prompt, -completion
            case "odd_usage":
                return {"prompt_tokens": "many", "completion_tokens": 1e99, "total_tokens": None}
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}

    def _whole(self, body: dict[str, Any], text: str, fault: str | None) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
        finish = {"length": "length", "content_filter": "content_filter"}.get(fault or "", "stop")
        if fault == "null_content":
            message["content"] = None
        if fault == "refusal":
            message |= {"content": None, "refusal": "I'm sorry, I can't help with that."}
        choices = [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}]
        whole = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": body["model"],
            "choices": choices,
        }
        if fault == "empty_choices":
            whole["choices"] = []
        if fault == "no_choices":
            del whole["choices"]
        if fault != "no_usage":
            whole["usage"] = self._usage(fault)
        return whole

    async def _stream(self, request: web.Request, body: dict[str, Any], text: str, fault: str | None) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await answer.prepare(request)
        pieces = [text[at : at + 7] for at in range(0, len(text), 7)]

        async def event(data: Any) -> None:
            await answer.write(f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode())

        def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
            choices = [] if fault == "empty_choices" else [{"index": 0, "delta": delta, "finish_reason": finish}]
            return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": body["model"], "choices": choices}

        await event(chunk({"role": "assistant", "content": ""}))
        for number, piece in enumerate([] if fault == "null_content" else pieces):
            if number == len(pieces) // 2:
                if fault == "cut":
                    request.transport.abort()
                    return answer
                if fault == "stream_error":
                    await event({"error": {"message": "The server had an error.", "type": "server_error"}})
                    return answer
                if fault == "stream_hang":
                    await asyncio.sleep(3600)
            if fault == "drip":
                await asyncio.sleep(self.slow)
            await event(chunk({"refusal": piece} if fault == "refusal" else {"content": piece}))
        finish = {"length": "length", "content_filter": "content_filter"}.get(fault or "", "stop")
        await event(chunk({}, finish))
        if (body.get("stream_options") or {}).get("include_usage") and fault != "no_usage":
            await event({**chunk({}), "choices": [], "usage": self._usage(fault)})
        await event("[DONE]")
        await answer.write_eof()
        return answer


def _error(status: int, message: str, param: str | None = None, code: str | None = None, headers: Any = None) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return web.json_response({"error": error}, status=status, headers=headers)


async def _dripped(request: web.Request, body: bytes, pause: float) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await answer.prepare(request)
    for at in range(len(body)):
        await answer.write(body[at : at + 1])
        await asyncio.sleep(pause)
    return answer


async def _huge(request: web.Request, *, zipped: bool) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    if zipped:  # without being asked to: little comes over the wire
        answer.enable_compression(web.ContentCoding.gzip)
    await answer.prepare(request)
    await answer.write(b'{"choices": [{"message": {"content": "')
    for _ in range(HUGE // 65_536):
        await answer.write(b"x" * 65_536)
    await answer.write(b'"}}]}')
    return answer


def _check_strict(schema: Any, path: str, *, root: bool = False) -> None:
    """What is demanded of a schema that is to be kept strictly."""
    if not isinstance(schema, dict):
        raise Refused(f"Invalid schema: {path} has to be an object.", path)
    if unknown := schema.keys() - STRICT:
        raise Refused(f"Invalid schema: {path}: {', '.join(sorted(unknown))} is not permitted.", path)
    if root and schema.get("type") != "object":
        raise Refused("Invalid schema: the root has to be of type object.", path)
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False or set(schema.get("required", [])) != properties.keys():
            raise Refused(f"Invalid schema: {path}: 'additionalProperties' false and all of 'required' are needed.", path)
    for name, each in {**schema.get("properties", {}), **schema.get("$defs", {})}.items():
        _check_strict(each, f"{path}.{name}")
    for number, each in enumerate(schema.get("anyOf", [])):
        _check_strict(each, f"{path}.{number}")
    if "items" in schema:
        _check_strict(schema["items"], f"{path}.items")


def _schema(body: dict[str, Any]) -> dict[str, Any]:
    form = body.get("response_format") or {}
    return form.get("json_schema", {}).get("schema", {"type": "object"})


def filled(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """A value of the schema. Bounds that are only told in words it does not know."""
    root = schema if root is None else root
    if "$ref" in schema:
        return filled(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if given := schema.get("enum") or ([schema["const"]] if "const" in schema else []):
        return given[0]
    if "anyOf" in schema:
        return filled(schema["anyOf"][0], root)
    if schema.get("type") == "object":
        return {name: filled(each, root) for name, each in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [filled(schema["items"], root)]
    return {"string": "text", "integer": 1, "number": 1, "boolean": True}.get(schema.get("type", ""))


@asynccontextmanager
async def serving():
    """`url` is the base URL to set; the key is KEY."""
    server, app = ModelServer(), web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/chat/completions", server.take)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()
