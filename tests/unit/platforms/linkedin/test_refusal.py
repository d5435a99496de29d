"""Every documented refusal, and what an answer may hold instead of one."""

from datetime import UTC, datetime

import httpx2
import pytest

from ocma.platforms.errors import (
    ContentRejected,
    DuplicateContent,
    NotReady,
    PermissionMissing,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.linkedin.refusal import explain, is_duplicate, live_urn

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
SHARE = "urn:li:share:6844785523593134080"
ORGANIZATION = "Organization permissions must be used when using organization as author"


def told(status, code=None, message="", headers=None, **more):
    return httpx2.Response(status, json={"status": status, "code": code, "message": message, **more}, headers=headers)


def nested(status, code, description=""):
    return told(status, errorDetails={"inputErrors": [{"code": code, "description": description}]})


@pytest.mark.parametrize(
    ("response", "error", "rule"),
    [
        (told(400, "VERSION_MISSING"), Throttled, "versionRetired"),
        (told(400, "FIELD_LENGTH_TOO_LONG"), ContentRejected, "textTooLong"),
        (told(400, "INVALID_VALUE_FOR_FIELD"), ContentRejected, "invalidRequest"),
        (told(400, "MEDIA_ASSET_WAITING_UPLOAD"), NotReady, "mediaUnfinished"),
        (told(400, "MEDIA_ASSET_PROCESSING_FAILED"), ContentRejected, "mediaProcessingFailed"),
        (told(400, "EXPIRED_UPLOAD_URL"), PlatformUnavailable, "unavailable"),
        (told(400, message=ORGANIZATION), PermissionMissing, "organizationPermissionMissing"),
        (told(401, "EMPTY_ACCESS_TOKEN"), ReauthorizationRequired, "unauthorized"),
        (told(401, "EXPIRED_ACCESS_TOKEN", serviceErrorCode=65602), ReauthorizationRequired, "unauthorized"),
        (told(401, "REVOKED_ACCESS_TOKEN", serviceErrorCode=65601), ReauthorizationRequired, "unauthorized"),
        (told(403, "ACCESS_DENIED"), PermissionMissing, "notPermitted"),
        (told(404, "NOT_FOUND"), ContentRejected, "notFound"),
        (told(409, "CONFLICT"), PlatformUnavailable, "conflict"),
        (told(422, message="ERROR :: /author :: field is required"), ContentRejected, "invalidRequest"),
        (told(422, message=f"Content is a duplicate of {SHARE}"), DuplicateContent, "duplicateContent"),
        (nested(422, "DUPLICATE_POST"), DuplicateContent, "duplicateContent"),
        (nested(422, "FIELD_LENGTH_TOO_LONG"), ContentRejected, "textTooLong"),
        (told(426, "NONEXISTENT_VERSION"), Throttled, "versionRetired"),
        (told(429, "TOO_MANY_REQUESTS"), Throttled, "rateLimited"),
        (told(500), PlatformUnavailable, "unavailable"),
        (told(503, "DUPLICATE_POST"), PlatformUnavailable, "unavailable"),
        (told(418), ContentRejected, "refused"),
        (httpx2.Response(302), PlatformUnavailable, "unavailable"),
    ],
    ids=lambda each: repr(each) if isinstance(each, httpx2.Response) else None,
)
def test_each_refusal_has_its_meaning(response, error, rule):
    explained = explain(response, NOW)
    assert type(explained) is error
    assert (explained.rule, explained.platform, explained.status) == (rule, "linkedin", response.status_code)
    assert explained.detail
    assert explained.remediation


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'"x"',
        b"[" * 70_000,
        b'{"errorDetails": []}',
        b'{"errorDetails": {"inputErrors": [1, null]}}',
        b"\xff",
    ],
    ids=lambda body: repr(body[:40]),
)
@pytest.mark.parametrize(
    ("status", "error"), [(400, ContentRejected), (403, PermissionMissing), (422, ContentRejected), (502, PlatformUnavailable)]
)
def test_a_body_of_any_kind_is_explained_by_the_status(status, error, body):
    response = httpx2.Response(status, content=body)
    assert type(explain(response, NOW)) is error
    assert not is_duplicate(response)


@pytest.mark.parametrize(
    ("headers", "seconds"), [({}, 5.5 * 3600 + 60), ({"Retry-After": "120"}, 120), ({"Retry-After": "soon"}, 5.5 * 3600 + 60)]
)
def test_a_limit_lasts_until_midnight_utc_unless_linkedin_says_otherwise(headers, seconds):
    assert explain(told(429, headers=headers), NOW).retry_after == seconds


def test_the_apps_limit_is_told_from_a_members():
    app = told(429, message="Resource level throttle APPLICATION DAY limit for calls to this resource is reached.")
    member = told(429, message="Resource level throttle MEMBER DAY limit for calls to this resource is reached.")
    assert [explain(each, NOW).rule for each in (app, member)] == ["appRateLimited", "rateLimited"]


def test_a_duplicate_names_the_live_post():
    response = nested(422, "DUPLICATE_POST", f"Content is a duplicate of {SHARE}")
    assert (is_duplicate(response), live_urn(response)) == (True, SHARE)
    assert SHARE in explain(response, NOW).detail


def test_no_words_of_the_platform_are_passed_on():
    explained = explain(told(403, "s3cret", "s3cret", headers={"x-li-uuid": "s3cret"}), NOW)
    assert "s3cret" not in f"{explained} {explained.rule} {explained.remediation}"
