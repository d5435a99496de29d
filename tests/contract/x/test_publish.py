import json
from unittest import mock

import httpx2
import pytest

from contract.x.host import Host, answer
from contract.x.wire import BOTH, created, forbidden
from ocma.platforms.connector import Published
from ocma.platforms.content import Media, Outgoing, Part
from ocma.platforms.errors import (
    ContentRejected,
    DuplicateContent,
    OutcomeUnknown,
    PermissionMissing,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.x import X


async def nothing():
    yield b""


def image(number):
    return Media(id=f"m{number}", kind="image", mime_type="image/png", size=1, open=nothing)


def outgoing(text="Hello", images=0, index=0, **more):
    media = tuple(image(number) for number in range(images))
    prepared = {f"media:{index}:{number}": str(710511363345354753 + number) for number in range(images)}
    return Outgoing(Part(text, media), index, "key", prepared=prepared, **more)


async def sent(*arguments, **more):
    host = Host(answer(201, created("1346889436626259968", "Hello")))
    await X().publish(host.access(), outgoing(*arguments, **more))
    return json.loads(host.requests[0].content)


@pytest.mark.parametrize("specification", BOTH, ids=lambda each: each.version)
async def test_a_post(specification):
    host, x = Host(answer(201, created("1346889436626259968", "Hello", specification)), specification=specification), X()
    with mock.patch.object(x, "send", wraps=x.send) as send:
        published = await x.publish(host.access(), outgoing())
    assert published == Published("1346889436626259968", "https://x.com/ocma/status/1346889436626259968")
    assert send.await_count == 1
    assert host.asked == ["POST /2/tweets"]
    assert json.loads(host.requests[0].content) == {"text": "Hello"}
    assert host.requests[0].headers["authorization"] == "Bearer token"
    assert specification.scopes(host.requests[0]) <= set(X.manifest.oauth.scopes)


async def test_media():
    assert await sent("Hello", 2) == {"text": "Hello", "media": {"media_ids": ["710511363345354753", "710511363345354754"]}}
    assert await sent("  ", 1) == {"media": {"media_ids": ["710511363345354753"]}}


async def test_media_of_a_later_part():
    assert await sent("Hello", 1, 3, reply_to="7") == {
        "text": "Hello",
        "media": {"media_ids": ["710511363345354753"]},
        "reply": {"in_reply_to_tweet_id": "7"},
    }


async def test_options():
    options = {"reply_settings": "verified", "made_with_ai": True, "paid_partnership": False}
    assert await sent(options=options) == {"text": "Hello", **options}


async def test_who_may_reply_is_not_said_again_inside_a_thread():
    options = {"reply_settings": "verified", "made_with_ai": True}
    assert await sent(options=options, reply_to="7") == {
        "text": "Hello",
        "reply": {"in_reply_to_tweet_id": "7"},
        "made_with_ai": True,
    }


async def test_the_text_goes_out_as_it_is():
    text = "  <&> cafe\u0301\n\n日本 👩‍👩‍👧 &amp; "
    assert (await sent(text))["text"] == text


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_error_leaves_it_open_and_is_not_repeated(status):
    host = Host(answer(status, b"<html>"), answer(201, created("1", "Hello")))
    with pytest.raises(OutcomeUnknown):
        await X().publish(host.access(), outgoing())
    assert host.asked == ["POST /2/tweets"]


@pytest.mark.parametrize(
    "failure",
    [
        httpx2.ReadTimeout("no answer"),
        httpx2.WriteTimeout("stuck"),
        httpx2.ReadError("reset"),
        httpx2.WriteError("reset"),
        httpx2.RemoteProtocolError("closed"),
        httpx2.DecodingError("not gzip"),
    ],
)
async def test_no_answer_leaves_it_open_and_is_not_repeated(failure):
    host = Host(failure, answer(201, created("1", "Hello")))
    with pytest.raises(OutcomeUnknown):
        await X().publish(host.access(), outgoing())
    assert host.asked == ["POST /2/tweets"]


async def test_no_connection_is_certain_not_to_have_published():
    host = Host(httpx2.ConnectError("refused"), answer(201, created("1", "Hello")))
    with pytest.raises(PlatformUnavailable):
        await X().publish(host.access(), outgoing())
    assert host.asked == ["POST /2/tweets"]


@pytest.mark.parametrize("body", [None, b"<html>", [], {}, {"data": {}}, {"data": None}, {"errors": []}, {"data": {"id": None}}])
async def test_accepted_but_not_as_what_leaves_it_open(body):
    host = Host(answer(201, body), loose=True)
    with pytest.raises(OutcomeUnknown):
        await X().publish(host.access(), outgoing())
    assert len(host.requests) == 1


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(400, {"title": "Invalid Request"}), ContentRejected),
        (answer(401, {"title": "Unauthorized"}), ReauthorizationRequired),
        (answer(402, {"title": "CreditsDepleted"}), Throttled),
        (answer(403, forbidden("You are not allowed to create a Tweet with duplicate content.")), DuplicateContent),
        (answer(403, forbidden("You are not permitted to perform this action.")), PermissionMissing),
        (answer(429, **{"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1"}), Throttled),
    ],
)
async def test_a_refusal_is_certain(response, error):
    host = Host(response)
    with pytest.raises(error):
        await X().publish(host.access(), outgoing())
    assert len(host.requests) == 1
