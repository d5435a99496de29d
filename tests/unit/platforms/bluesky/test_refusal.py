"""Every documented error means one thing, whatever the body looks like."""

from datetime import UTC, datetime

import httpx2
import pytest

from ocma.platforms.bluesky.refusal import BY_NAME, BY_STATUS, explain, failed_video
from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    DuplicateContent,
    PermissionMissing,
    PlatformUnavailable,
    PreparationLost,
    ReauthorizationRequired,
    Throttled,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def meant(status: int, name: str = "", message: str = "", **headers: str):
    body = {"error": name, "message": message} if name else None
    return explain(httpx2.Response(status, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()}), NOW)


@pytest.mark.parametrize(
    ("status", "name", "leaf", "rule"),
    [
        (400, "ExpiredToken", ReauthorizationRequired, "tokenRefused"),
        (400, "InvalidToken", ReauthorizationRequired, "tokenRefused"),
        (401, "AuthMissing", ReauthorizationRequired, "tokenRefused"),
        (401, "AuthenticationRequired", ReauthorizationRequired, "tokenRefused"),
        (401, "invalid_token", ReauthorizationRequired, "tokenRefused"),
        (401, "AccountTakedown", AccountRestricted, "accountTakenDown"),
        (401, "AccountDeactivated", AccountRestricted, "accountDeactivated"),
        (401, "use_dpop_nonce", PlatformUnavailable, "proofRefused"),
        (401, "invalid_dpop_proof", PlatformUnavailable, "proofRefused"),
        (403, "ScopeMissingError", PermissionMissing, "scopeMissing"),
        (429, "RateLimitExceeded", Throttled, "rateLimited"),
        (429, "InvalidRequest", Throttled, "rateLimited"),
        (400, "InvalidRequest", ContentRejected, "invalidRecord"),
        (400, "InvalidRecord", ContentRejected, "invalidRecord"),
        (400, "InvalidMimeType", ContentRejected, "fileRefused"),
        (400, "InvalidSize", ContentRejected, "fileRefused"),
        (413, "PayloadTooLarge", ContentRejected, "fileRefused"),
        (400, "BlobNotFound", PreparationLost, "blobNotFound"),
        (400, "RecordNotFound", ContentRejected, "recordNotFound"),
        (400, "InvalidSwap", PlatformUnavailable, "changedMeanwhile"),
        (400, "RecordAlreadyExists", DuplicateContent, "recordExists"),
        (502, "UpstreamFailure", PlatformUnavailable, "unavailable"),
        (503, "NotEnoughResources", PlatformUnavailable, "unavailable"),
        (500, "InternalServerError", PlatformUnavailable, "unavailable"),
        (500, "RecordNotFound", PlatformUnavailable, "unavailable"),
        (404, "", ContentRejected, "refused"),
        (418, "Teapot", ContentRejected, "refused"),
        (307, "", PlatformUnavailable, "unavailable"),
    ],
)
def test_the_name_tells(status, name, leaf, rule):
    error = meant(status, name)
    assert (type(error), error.rule, error.status, error.platform) == (leaf, rule, status, "bluesky")
    assert error.remediation


def test_a_taken_place_is_known_by_its_message():
    assert type(meant(400, "InvalidRequest", "There is already a value at key: x")) is DuplicateContent


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429])
@pytest.mark.parametrize(
    "content", [b"", b"<h1>nginx</h1>", b"[1]", b'{"error": {"a": 1}}', b"[" * 60_000, b'"' + b"x" * 70_000 + b'"']
)
def test_a_body_that_says_nothing_leaves_the_status(status, content):
    assert explain(httpx2.Response(status, content=content), NOW).rule == BY_STATUS[status].rule


def test_none_of_the_servers_words_are_passed_on():
    error = meant(400, "InvalidRequest", "s3cret words")
    assert "s3cret" not in f"{error} {error.remediation}"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"ratelimit_reset": str(int(NOW.timestamp()) + 120)}, 120),
        ({"ratelimit_reset": str(int(NOW.timestamp()) - 5)}, 1),
        ({"ratelimit_reset": "soon", "retry_after": "7"}, 7),
        ({"ratelimit_reset": "9" * 30}, 86_400),
        ({"retry_after": "nan"}, 300),
        ({}, 300),
    ],
)
def test_the_wait_is_the_servers(headers, seconds):
    assert meant(429, "RateLimitExceeded", **headers).retry_after == seconds


def test_a_video_is_refused_for_good_only_for_its_own_fault():
    assert type(failed_video("encoding_failure", ("a",))) is ContentRejected
    assert failed_video(None, ("a",)).steps == {"a"}


def test_every_refusal_says_what_to_do():
    assert all(each.detail.endswith(".") and each.remediation.endswith(".") for each in (*BY_NAME.values(), *BY_STATUS.values()))
