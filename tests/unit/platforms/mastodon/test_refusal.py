from datetime import UTC, datetime

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocma.platforms.errors import (
    ContentRejected,
    OutcomeUnknown,
    PermissionMissing,
    PlatformError,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.mastodon import Mastodon

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HEADERS = ("x-ratelimit-reset", "retry-after", "date", "content-type")
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40) | st.sampled_from(
    [
        "2026-11-22T12:03:00.123456Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-11-22",
        "٣",
        "1e999",
        "9" * 5000,
        "Sun, 22 Nov 2026 12:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:37 -9999",
        "text/html; charset=hex",
        "application/json; charset=none",
    ]
)
MASTODON = Mastodon(clock=lambda: NOW)


def explained(status: int, body: object = None, headers: dict[str, str] | None = None, method: str = "POST") -> PlatformError:
    content = {"json": body} if body is not None else {}
    return MASTODON.explain(
        httpx2.Response(status, headers=headers, request=httpx2.Request(method, "https://s.example/"), **content)
    )


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (301, None, PlatformUnavailable),
        (400, {"error": "invalid_grant"}, ReauthorizationRequired),
        (400, {"error": "invalid_client", "error_description": "Client authentication failed"}, ReauthorizationRequired),
        (400, {"error": "invalid_scope"}, ReauthorizationRequired),
        (400, {"error": "Ungültig"}, ContentRejected),
        (401, {"error": "The access token is invalid"}, ReauthorizationRequired),
        (401, None, ReauthorizationRequired),
        (403, {"error": "This action is outside the authorized scopes"}, PermissionMissing),
        (403, {"error": "Your login is currently disabled"}, PermissionMissing),
        (404, {"error": "Record not found"}, ContentRejected),
        (408, None, PlatformUnavailable),
        (410, None, ContentRejected),
        (413, None, ContentRejected),
        (418, None, ContentRejected),
        (422, {"error": "Validierung gescheitert"}, ContentRejected),
        (422, {"error": "Cannot attach files that have not finished processing. Try again in a moment!"}, PlatformUnavailable),
        (422, None, ContentRejected),
        (429, {"error": "Too many requests"}, Throttled),
        (500, None, PlatformUnavailable),
        (503, {"error": "There was a temporary problem serving your request, please try again"}, PlatformUnavailable),
    ],
)
def test_the_status_decides(status, body, expected):
    error = explained(status, body)
    assert type(error) is expected
    assert error.status == status


def test_a_422_without_a_word_to_a_question_is_how_snac_refuses_a_token():
    assert isinstance(explained(422, method="GET"), ReauthorizationRequired)
    assert isinstance(explained(422, {"error": "x"}, method="GET"), ContentRejected)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset": "2026-11-22T12:03:00.000000Z"}, 180),
        ({"x-ratelimit-reset": "2026-11-22T13:03:00+01:00"}, 180),
        ({"x-ratelimit-reset": "2026-11-22T12:03:00"}, 180),
        ({"x-ratelimit-reset": "2026-11-22T12:03:00Z", "date": "Sun, 22 Nov 2026 12:02:30 GMT"}, 30),  # by the server's clock
        ({"x-ratelimit-reset": "2026-11-22T11:00:00Z"}, 1),
        ({"x-ratelimit-reset": "2027-11-22T11:00:00Z"}, 3 * 3600),
        ({"x-ratelimit-reset": "1795349000"}, 300),
        ({"retry-after": "17"}, 17),
        ({"retry-after": "Sun, 22 Nov 2026 12:01:00 GMT"}, 60),
        ({"retry-after": "bald"}, 300),
        ({}, 300),
    ],
)
def test_a_rate_limit_is_waited_out(headers, seconds):
    assert explained(429, headers=headers).retry_after == seconds


@given(
    st.integers(100, 999),
    st.binary(max_size=200)
    | st.sampled_from([b"[" * 100_000, b'{"error": {"a": []}}', b"null", b'"invalid_grant"', b"\xff\xfe"]),
    st.dictionaries(st.sampled_from(HEADERS), VALUES),
    st.sampled_from(["GET", "POST"]),
)
@example(422, b"", {}, "GET")
@example(429, b"", {"retry-after": "9" * 5000}, "POST")
@example(429, b"", {"x-ratelimit-reset": "0001-01-01T00:00:00+14:00", "date": "Fri, 31 Dec 9999 23:59:59 -1200"}, "POST")
def test_no_answer_is_too_odd_to_be_explained(status, body, headers, method):
    pairs = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    for request in (None, httpx2.Request(method, "https://s.example/")):
        error = MASTODON.explain(httpx2.Response(status, headers=pairs, content=body, request=request))
        assert not isinstance(error, OutcomeUnknown)  # that a sending is open is for `send` to say
        assert (error.platform, error.status) == ("mastodon", status)
        assert error.remediation
        assert error.retry_after is None or 1 <= error.retry_after <= 3 * 3600
        assert isinstance(error, Throttled) is (error.retry_after is not None and status == 429)
