"""Whatever comes in, the answer is a problem that says what is wrong, and never a 500."""

import json

import httpx2
import pytest
from fastapi import APIRouter

from answers import good, paths, problem
from ocma.entrypoints.api import problems
from ocma.entrypoints.api.app import create_app
from ocma.entrypoints.api.idempotency import IdempotentRoute, PlainRoute
from ocma.entrypoints.api.incoming import JSON_LIMIT
from ocma.errors import Conflict, Invalid, Issue, NotFound, OcmaError, QuotaExceeded
from ocma.platforms.errors import ContentRejected, PlatformError, Throttled

JSON = {"Content-Type": "application/json"}


async def send(api, key, body, path="/api/keys", **headers):
    return await api.post(path, headers={**key, **JSON, **headers}, content=body)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "missingField"),
        (b"{}", 400, "missingField"),
        (b"{", 400, "invalidJson"),
        (b"{'name': 1}", 400, "invalidJson"),
        (b'{"name": "x",}', 400, "invalidJson"),
        (b'{"name": NaN}', 400, "invalidJson"),
        (b'{"name": -Infinity}', 400, "invalidJson"),
        (b'{"name": "\xff\xfe"}', 400, "invalidJson"),
        (b'\xef\xbb\xbf{"name": "x"}', 400, "invalidJson"),
        ('{"name": "x"}'.encode("utf-16"), 400, "invalidJson"),
        (b'{"name": "a\x00b"}', 400, "invalidJson"),
        (b'{"name": ' + b"9" * 5000 + b"}", 400, "invalidJson"),
        (b"[" * 200_000, 400, "invalidJson"),
        (b'{"name": "x", "x": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", 400, "invalidJson"),
        (b"null", 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b'"x"', 422, "invalid"),
        (b"1e999", 422, "invalid"),
        (b'{"name": "a\\u0000b"}', 422, "invalidCharacter"),
        (b'{"name": "\\ud800"}', 422, "invalidCharacter"),
        (b'{"name": "\\uDFFF\\uD800"}', 422, "invalidCharacter"),
        (b'{"\\ud800": 1, "name": "x"}', 422, "invalidCharacter"),
        (b'{"name": 99999999999999999999999}', 422, "invalid"),
        (b'{"name": "x", "expiresAt": 1e308}', 422, "invalid"),
        (b'{"name": "x", "expiresAt": "9999-12-31T23:59:59-23:59"}', 422, None),
        (b'{"name": "x", "expiresAt": "0001-01-01T00:00:00+23:59"}', 422, None),
        (b'{"name": "x", "scopes": "posts:read"}', 422, "invalid"),
        (b'{"name": "x", "scopes": ["\\u0000"]}', 422, "invalidCharacter"),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else str(value),
)
async def test_bodies_that_cannot_be(api, key, body, status, code):
    problem(await send(api, key, body), status, code)


async def test_what_looks_odd_and_is_fine(api, key):
    for name in ("\U0001f600", "a\u202eb", "\ufeff", "Straße", "' OR 1=1 --", "<script>", "%00", "\\u0000"):
        assert good(await send(api, key, json.dumps({"name": name}).encode()), 201)["name"] == name
    assert good(await send(api, key, b'{"name": "\\ud83d\\ude00"}'), 201)["name"] == "\U0001f600"


async def test_where_a_character_is_wrong_is_said(api, key):
    body = problem(await send(api, key, b'{"name": "x", "scopes": ["ok", "\\u0000"], "more": {"deep": "\\udc00"}}'), 422)
    assert sorted(paths(body)) == ["more.deep", "scopes.1"]


async def test_all_that_is_wrong_at_once_with_dotted_paths(api, key):
    body = problem(
        await send(api, key, b'{"scopes": [1, "posts:read", null], "expiresAt": "soon", "colour": "red"}'), 422, "invalid"
    )
    assert sorted(paths(body)) == ["colour", "expiresAt", "name", "scopes.0", "scopes.2"]
    assert {each["code"] for each in body["errors"]} >= {"missingField", "unknownField", "stringType"}
    assert "and 4 more" in body["detail"]


async def test_what_was_sent_is_not_repeated(api):
    sent = {"email": "ann@example.com", "password": "hunter2"}
    answer = await api.post("/api/auth/register", json=sent)
    problem(answer, 422)
    assert "hunter2" not in answer.text


async def test_many_mistakes_are_told_up_to_a_point(api, key):
    body = problem(await send(api, key, json.dumps({f"x{n}": 1 for n in range(500)}).encode()), 422)
    assert len(body["errors"]) == 50


async def test_half_a_character_in_a_name_of_a_field_is_no_trouble():
    """What one router lets pass must not break the answer of another."""
    from fastapi import Request

    request = Request({"type": "http", "headers": [], "state": {"request_id": "r"}})
    response = problems.respond(request, Invalid("\ud800", issues=[Issue("a.\ud800", "x", "\udc00")]))
    assert json.loads(response.body)["errors"][0]["path"] == "a.?"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/xml", "multipart/form-data; boundary=x"]
)
async def test_other_content_types(api, key, content_type):
    answer = await api.post("/api/keys", headers={**key, "Content-Type": content_type}, content=b'{"name": "x"}')
    assert "application/json" in problem(answer, 422)["detail"]


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_too_large(api, key, declared):
    async def chunks():
        for _ in range(JSON_LIMIT // 65536 + 2):
            yield b" " * 65536

    body = b" " * (JSON_LIMIT + 1) if declared else chunks()
    answer = await api.post("/api/keys", headers={**key, **JSON}, content=body)
    problem(answer, 413, "tooLarge")
    assert answer.headers["connection"] == "close"


async def test_a_body_just_small_enough(api, key):
    body = b'{"name": "x"}'
    good(await send(api, key, body + b" " * (JSON_LIMIT - len(body))), 201)


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "99999999999999999999999"])
async def test_odd_content_lengths(api, key, length):
    """A server refuses most of them itself; the app behind another server must stand them too."""
    answer = await api.post("/api/keys", headers={**key, **JSON, "Content-Length": length}, content=b'{"name": "x"}')
    assert answer.status_code in {201, 400, 413}, answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/keys?cursor=%00", 400),
        ("/api/keys?limit=%00", 400),
        ("/api/keys/%00", 400),
        ("/api/keys?cursor=%ff%fe", 422),
        ("/api/keys?limit=99999999999999999999999999", 422),
        ("/api/keys?limit=-1", 422),
        ("/api/keys?limit=", 422),
        ("/api/keys?limit=1&limit=x", 422),
        ("/api/keys/" + "9" * 5000, 422),
        ("/api/keys/%ff%fe", 422),
        ("/api/keys/..%2f..%2fetc", 404),
        ("/api/audit?cursor=WzFlOTk5XQ", 422),  # [1e999]
        ("/api/audit?cursor=Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5XQ", 422),  # [99999999999999999999999]
        ("/api/audit?cursor=" + "W" * 600, 422),
        ("/api/keys/", 404),
        ("//api/keys", 404),
        ("/api/nothing", 404),
        ("/", 404),
    ],
)
async def test_addresses_that_cannot_be(api, key, path, status):
    problem(await api.get(path, headers=key), status)


async def test_every_method_an_address_knows_is_named(api, key, workspace):
    answer = await api.put("/api/keys", headers=key)
    problem(answer, 405, "methodNotAllowed")
    assert answer.headers["allow"] == "GET, POST"
    answer = await api.post(f"/api/workspaces/{workspace}", headers=key)
    problem(answer, 405)
    assert answer.headers["allow"] == "GET, PATCH"


@pytest.mark.parametrize("given", ["abc-123", "A.b_c:9", "x" * 64])
async def test_a_request_id_is_taken(api, given):
    answer = await api.get("/api/keys", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] == given
    assert problem(answer, 401)["requestId"] == given


@pytest.mark.parametrize("given", [None, "", "x" * 65, "a b", "a\tb", "{}", "\u00e9", "<x>"])
async def test_or_made(api, given):
    headers = {} if given is None else {"X-Request-Id": given.encode("latin-1")}
    made = (await api.get("/healthz", headers=headers)).headers["x-request-id"]
    assert made != given
    assert len(made) == 36


async def test_security_headers(api, key):
    for path in ("/api/keys", "/healthz", "/api/nothing", "/openapi.json"):
        headers = (await api.get(path, headers=key)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
    assert "content-security-policy" not in (await api.get("/docs")).headers  # its page loads scripts


class Boom(Exception):
    pass


FAILURES = {
    "unforeseen": (Boom("the password is hunter2"), 500, "internal"),
    "no file": (FileNotFoundError("/etc/secret"), 500, "internal"),
    "refused connection": (ConnectionRefusedError(111, "refused"), 503, "unavailable"),
    "invalid": (Invalid("No.", issues=[Issue("a.b", "c", "d", "e", "x")]), 422, "invalid"),
    "asks for 400": (Invalid("No.", code="authCodeRefused"), 400, "authCodeRefused"),
    "not found": (NotFound(), 404, "notFound"),
    "conflict": (Conflict("No.", remediation="Wait."), 409, "conflict"),
    "quota": (QuotaExceeded("No.", retry_after=12.3), 429, "quotaExceeded"),
    "throttled": (Throttled("No.", platform="x", retry_after=60), 503, "throttled"),
    "rejected": (ContentRejected("Too long.", platform="x", rule="x.length"), 422, "contentRejected"),
    "some platform error": (PlatformError("No.", platform="x"), 502, "platform"),
    "some error": (OcmaError(), 500, "error"),
}


@pytest.fixture
async def failing(resources):
    app = create_app(resources)
    for kind, route_class in (("plain", PlainRoute), ("idempotent", IdempotentRoute)):
        router = APIRouter(prefix=f"/{kind}", route_class=route_class)

        @router.post("/{failure}")
        async def fail(failure: str) -> None:
            raise FAILURES[failure][0]

        app.include_router(router)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://api.test") as client:
        yield client


@pytest.mark.parametrize("route", ["/plain", "/idempotent"])
@pytest.mark.parametrize("failure", FAILURES)
async def test_failures_by_name(failing, key, failure, route):
    _, status, code = FAILURES[failure]
    headers = {**key, "Idempotency-Key": "k"} if route == "/idempotent" else {}
    answer = await failing.post(f"{route}/{failure}", headers=headers)
    body = problem(answer, status, code)
    if status == 500:
        assert "hunter2" not in answer.text
        assert "secret" not in answer.text
        assert "x-content-type-options" in answer.headers
    assert body["type"] == f"urn:ocma:problem:{code}"


async def test_what_a_problem_carries(failing):
    body = problem(await failing.post("/plain/invalid"), 422)
    assert body["errors"] == [{"path": "a.b", "code": "c", "message": "d", "remediation": "e", "platform": "x"}]
    answer = await failing.post("/plain/quota")
    assert (answer.headers["retry-after"], problem(answer, 429)["retryAfter"]) == ("13", 12.3)
    body = problem(await failing.post("/plain/rejected"), 422)
    assert (body["platform"], body["rule"]) == ("x", "x.length")
    assert problem(await failing.post("/plain/conflict"), 409)["remediation"] == "Wait."


async def test_what_nobody_foresaw_is_logged_with_the_request_id(failing):
    from structlog.contextvars import merge_contextvars
    from structlog.testing import capture_logs

    with capture_logs(processors=[merge_contextvars]) as lines:
        problem(await failing.post("/plain/unforeseen", headers={"X-Request-Id": "find-me"}), 500, "internal")
    unexpected = next(line for line in lines if line["event"] == "unexpected")
    assert (unexpected["request_id"], unexpected["path"], unexpected["exc_info"]) == ("find-me", "/plain/unforeseen", True)
    request = next(line for line in lines if line["event"] == "request")
    assert (request["status"], request["method"], request["request_id"]) == (500, "POST", "find-me")
