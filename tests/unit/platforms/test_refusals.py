import json

import httpx2
import pytest

from ocma.platforms.errors import ContentRejected, Throttled
from ocma.platforms.refusals import LONGEST, Refusal, body_of, number_of

RATE = Refusal(Throttled, "rateLimited", "Wait.", "Nothing.", 60.0)


def test_an_error_says_all_that_its_refusal_says():
    error = Refusal(ContentRejected, "tooLong", "It is too long.", "Shorten it.").to_error("x", 400)

    assert type(error) is ContentRejected
    assert (error.platform, error.status, error.rule) == ("x", 400, "tooLong")
    assert (error.detail, error.remediation, error.retry_after) == ("It is too long.", "Shorten it.", None)


@pytest.mark.parametrize(("told", "expected"), [(None, 60.0), (5.0, 5.0), (0.0, 0.0)])
def test_what_an_answer_tells_of_waiting_wins(told, expected):
    assert RATE.to_error("x", 429, retry_after=told).retry_after == expected


def test_an_object_is_read():
    assert body_of(httpx2.Response(400, json={"error": "no"})) == {"error": "no"}


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"\xff\xfe\xfa", b"null", b'["error"]', b'"error"', b"7", b"[" * 60_000, b'{"a":' * 10_000],
    ids=["empty", "html", "not text", "null", "list", "string", "number", "deep list", "deep object"],
)
def test_anything_else_says_nothing(content):
    assert body_of(httpx2.Response(400, content=content)) == {}


def test_a_body_is_read_up_to_a_bound():
    frame = len(json.dumps({"a": ""}))
    longest, longer = ({"a": "x" * (LONGEST - frame + more)} for more in (0, 1))

    assert body_of(httpx2.Response(400, content=json.dumps(longest))) == longest
    assert body_of(httpx2.Response(400, content=json.dumps(longer))) == {}


@pytest.mark.parametrize(
    ("header", "number"),
    [("0", 0.0), ("1790000000", 1.79e9), ("1.5", 1.5), (None, None), ("", None), ("soon", None), ("nan", None), ("inf", None)],
)
def test_a_header_is_a_number_or_says_nothing(header, number):
    assert number_of(header) == number
