import json
from datetime import UTC, datetime

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    DuplicateContent,
    PermissionMissing,
    PlatformError,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.x.refusal import DAY, WINDOW, explain

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
REPLY = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post"
)


def problem(suffix, host="api.x.com"):
    return {"type": f"https://{host}/2/problems/{suffix}", "title": "t", "detail": "d"}


def forbidden(detail):
    return {"detail": detail, "type": "about:blank", "title": "Forbidden", "status": 403}


def legacy(code):
    return {"errors": [{"code": code, "message": "m"}]}


def explained(status, body=None, headers=None):
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return explain(httpx2.Response(status, content=content, headers=headers), NOW)


@pytest.mark.parametrize(
    ("status", "body", "error", "rule"),
    [
        (400, problem("invalid-request"), ContentRejected, "invalidRequest"),
        (400, {"errors": [{"message": "m", "parameters": {}}], **problem("invalid-request")}, ContentRejected, "invalidRequest"),
        (400, problem("internal-error"), ContentRejected, "invalidRequest"),
        (400, legacy(186), ContentRejected, "textTooLong"),
        (
            401,
            {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"},
            ReauthorizationRequired,
            "unauthorized",
        ),
        (401, legacy(89), ReauthorizationRequired, "unauthorized"),
        (401, legacy(32), ReauthorizationRequired, "unauthorized"),
        (401, legacy(187), ReauthorizationRequired, "unauthorized"),
        (402, {"title": "CreditsDepleted"}, Throttled, "creditsDepleted"),
        (403, forbidden("You are not allowed to create a Tweet with duplicate content."), DuplicateContent, "duplicateContent"),
        (403, legacy(187), DuplicateContent, "duplicateContent"),
        (403, forbidden(REPLY), ContentRejected, "replyNotAllowed"),
        (403, forbidden("This user is not allowed to post a video longer than 2 minutes"), ContentRejected, "videoTooLong"),
        (403, forbidden("You are not permitted to perform this action."), PermissionMissing, "notPermitted"),
        (403, forbidden("Your account is temporarily locked."), AccountRestricted, "accountRestricted"),
        (
            403,
            forbidden("Your account is suspended and is not permitted to access this feature."),
            AccountRestricted,
            "accountRestricted",
        ),
        (403, legacy(64), AccountRestricted, "accountRestricted"),
        (403, legacy(326), AccountRestricted, "accountRestricted"),
        (403, forbidden("You have been blocked."), PermissionMissing, "notPermitted"),
        (403, problem("client-forbidden"), PermissionMissing, "clientForbidden"),
        (403, problem("client-forbidden", "api.twitter.com"), PermissionMissing, "clientForbidden"),
        (403, problem("unsupported-authentication"), PermissionMissing, "unsupportedAuthentication"),
        (403, problem("not-authorized-for-resource"), PermissionMissing, "notPermitted"),
        (403, problem("disallowed-resource"), ContentRejected, "disallowed"),
        (403, problem("usage-capped"), Throttled, "usageCapped"),
        (403, None, PermissionMissing, "notPermitted"),
        (404, problem("resource-not-found"), ContentRejected, "notFound"),
        (404, None, ContentRejected, "notFound"),
        (429, problem("rate-limit-exceeded"), Throttled, "rateLimited"),
        (429, problem("usage-capped"), Throttled, "usageCapped"),
        (429, legacy(88), Throttled, "rateLimited"),
        (429, problem("invalid-request"), Throttled, "rateLimited"),
        (429, b"<html>", Throttled, "rateLimited"),
        (400, legacy(88), Throttled, "rateLimited"),
        (422, None, ContentRejected, "refused"),
        (302, None, PlatformUnavailable, "unavailable"),
        (408, None, PlatformUnavailable, "unavailable"),
        (500, problem("invalid-request"), PlatformUnavailable, "unavailable"),
        (502, b"<html>bad gateway</html>", PlatformUnavailable, "unavailable"),
        (503, legacy(187), PlatformUnavailable, "unavailable"),
        (504, None, PlatformUnavailable, "unavailable"),
        (200, {"errors": [problem("resource-not-found")]}, ContentRejected, "notFound"),
        (200, {"errors": [problem("field-hydration-failure")]}, PlatformUnavailable, "unavailable"),
        (200, {}, PlatformUnavailable, "unavailable"),
    ],
)
def test_the_map(status, body, error, rule):
    found = explained(status, body)
    assert type(found) is error
    assert (found.rule, found.status, found.platform) == (rule, status, "x")


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"x-rate-limit-reset": str(EPOCH + 120)}, 120),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(EPOCH + 300)}, 300),
        ({"x-rate-limit-remaining": "3", "x-rate-limit-reset": str(EPOCH + 300), "x-user-limit-24hour-remaining": "0", "x-user-limit-24hour-reset": str(EPOCH + 9000)}, 9000),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(EPOCH + 300), "x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": str(EPOCH + 9000)}, 9000),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(EPOCH + 300), "x-app-limit-24hour-remaining": "7", "x-app-limit-24hour-reset": str(EPOCH + 9000)}, 300),
        ({"x-rate-limit-reset": str(EPOCH - 5)}, 1),
        ({"x-rate-limit-reset": "99999999999999"}, DAY),
        ({"x-rate-limit-reset": "soon"}, WINDOW),
        ({"x-rate-limit-reset": "nan"}, WINDOW),
        ({"retry-after": "30"}, 30),
        ({}, WINDOW),
    ],
)  # fmt: skip
def test_how_long_to_wait(headers, wait):
    assert explained(429, None, headers).retry_after == wait


def test_a_huge_body_is_not_read():
    assert explained(403, forbidden("duplicate content" + "x" * 100_000)).rule == "notPermitted"


def test_what_only_the_operator_can_end_is_not_asked_about_all_the_time():
    assert explained(402).retry_after >= 3600
    assert explained(429, problem("usage-capped")).retry_after >= 3600


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["errors", "https://api.x.com/2/problems/"]),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["errors", "type", "title", "detail", "code", "message", "status"]), inner)
    ),
)
BODIES = (
    st.binary()
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.sampled_from([b"[" * 60_000, b'{"a":' * 10_000, b"x" * 1_000_000])
)


@given(
    st.integers(200, 599),
    BODIES,
    st.dictionaries(
        st.sampled_from(["x-rate-limit-reset", "x-rate-limit-remaining", "retry-after"]),
        st.text("0123456789.-einfa ", max_size=12),
    ),
)
def test_no_answer_breaks_it(status, body, headers):
    found = explained(status, body, headers)
    assert isinstance(found, PlatformError)
    assert found.remediation
    assert isinstance(found, PlatformUnavailable) or status < 500
    assert found.retry_after is None or 1 <= found.retry_after <= DAY


@given(st.text().map(lambda text: f"Zq9{text}Zq9"))
def test_no_word_of_the_platform_is_passed_on(secret):
    for status in (400, 401, 402, 403, 404, 429, 500):
        found = explained(status, {"detail": secret, "title": secret, "errors": [{"message": secret, "type": secret}]})
        assert secret not in f"{found} {found.rule} {found.remediation} {found.detail}"
