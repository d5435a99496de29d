"""POST /api/v1/statuses, and taking a status back."""

import json
from datetime import UTC, datetime

import httpx2
import pytest

from contract.mastodon.server import Server, answered, status
from ocma.platforms.connector import Absent, Processing, Published
from ocma.platforms.content import Media, Outgoing, Part, media_step
from ocma.platforms.errors import (
    ContentRejected,
    OutcomeUnknown,
    PermissionMissing,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.mastodon import Mastodon

POST = ("POST", "/api/v1/statuses")
ONE = "/api/v1/statuses/115800000000000001"
LIVE = status(1, "<p>Hallo</p>")
PUBLISHED = Published(LIVE["id"], LIVE["url"], datetime(2026, 11, 22, 12, 0, 1, tzinfo=UTC))
HELLO = Outgoing(Part("Hallo"), 0, "0194c1f2-key")


def with_files(*ids: str) -> Outgoing:
    file = Media("m", "image", "image/png", 3, lambda: None)
    prepared = {media_step(1, place): each for place, each in enumerate(ids)}
    return Outgoing(Part("Bilder", (file,) * len(ids)), 1, "k", prepared=prepared, reply_to="115")


async def test_a_status_is_one_request_with_the_idempotency_key():
    server = Server().on(*POST, answered(body=LIVE))
    assert await Mastodon().publish(server.access, HELLO) == PUBLISHED
    (request,) = server.requests
    assert request.headers["idempotency-key"] == "0194c1f2-key"
    assert json.loads(request.content) == {"status": "Hallo"}
    assert request.extensions["fresh"]  # over a connection of its own, since look-alikes close kept ones without a word


async def test_files_parent_and_options_go_with_it():
    options = {"visibility": "unlisted", "sensitive": True, "spoiler_text": "Vorsicht", "language": "de"}
    outgoing = with_files("22", "23")
    outgoing = Outgoing(outgoing.part, 1, "k", options, outgoing.prepared, outgoing.reply_to)
    server = Server().on(*POST, answered(body=LIVE))
    await Mastodon().publish(server.access, outgoing)
    assert json.loads(server.requests[0].content) == {
        "status": "Bilder",
        "media_ids": ["22", "23"],
        "in_reply_to_id": "115",
        **options,
    }


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.ReadTimeout("slow"),
        httpx2.ReadError("reset"),
        httpx2.RemoteProtocolError("disconnected"),
        httpx2.WriteError("broken pipe"),
        httpx2.DecodingError("not gzip"),
        httpx2.Response(500),
        httpx2.Response(502),
        httpx2.Response(503, headers={"retry-after": "1"}),
        httpx2.Response(504),
        httpx2.Response(200, html="<h1>Welcome</h1>"),
        answered(200, {"error": "?"}),
        answered(200, {"id": None}),
    ],
    ids=str,
)
async def test_whatever_leaves_open_if_it_was_accepted_is_unknown_and_not_repeated(answer):
    server = Server().on(*POST, answer)
    with pytest.raises(OutcomeUnknown):
        await Mastodon().publish(server.access, HELLO)
    assert len(server.requests) == 1


async def test_nothing_is_unknown_where_nothing_was_written():
    server = Server().on(*POST, httpx2.ConnectError("refused"))
    with pytest.raises(PlatformUnavailable):
        await Mastodon().publish(server.access, HELLO)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (answered(401, {"error": "The access token is invalid"}), ReauthorizationRequired),
        (httpx2.Response(401), ReauthorizationRequired),  # snac
        (answered(403, {"error": "This action is outside the authorized scopes"}), PermissionMissing),
        (answered(404, {"error": "The status you are trying to reply to does not appear to exist."}), ContentRejected),
        (answered(422, {"error": "Validation failed: Text character limit of 500 exceeded"}), ContentRejected),
        (httpx2.Response(422), ContentRejected),
        (answered(429, {"error": "Too many requests"}), Throttled),
        (httpx2.Response(307, headers={"location": "https://elsewhere.example/"}), PlatformUnavailable),
    ],
)
async def test_a_refusal_is_definite(answer, expected):
    server = Server().on(*POST, answer)
    with pytest.raises(expected):
        await Mastodon().publish(server.access, HELLO)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "phrase", ["Cannot attach files that have not finished processing. Try again in a moment!", "Noch nicht fertig"]
)
async def test_a_file_that_is_not_ready_is_a_reason_to_wait_in_any_language(phrase):
    server = Server().on(*POST, answered(422, {"error": phrase})).on("GET", "/api/v1/media/22", answered(200, {"id": "22"}))
    server.on("GET", "/api/v1/media/23", answered(206, {"id": "23"}))
    with pytest.raises(PlatformUnavailable) as refused:
        await Mastodon().publish(server.access, with_files("22", "23"))
    assert refused.value.rule == "mediaProcessing"
    assert refused.value.retry_after > 1
    assert server.made().count("POST /api/v1/statuses") == 1


@pytest.mark.parametrize("look", [answered(200, {"id": "22"}), httpx2.Response(404), answered(422, {"error": "x"})])
async def test_a_refusal_of_a_status_whose_files_are_ready_stands(look):
    server = Server().on(*POST, answered(422, {"error": "Medium ungültig"})).on("GET", "/api/v1/media/22", look)
    with pytest.raises(ContentRejected):
        await Mastodon().publish(server.access, with_files("22"))


async def test_only_the_id_must_be_understood_of_what_was_accepted():
    odd = {"id": 17, "url": {}, "uri": ["?"], "created_at": "gestern", "media_attachments": "?", "account": 3}
    assert await Mastodon().publish(Server().on(*POST, answered(body=odd)).access, HELLO) == Published("17")


async def test_a_live_status_is_fetched_and_a_missing_one_is_absent():
    assert await Mastodon().fetch_post(Server().on("GET", ONE, answered(body=LIVE)).access, LIVE["id"]) == PUBLISHED
    for gone in (404, 410):
        assert await Mastodon().fetch_post(Server().on("GET", ONE, answered(gone)).access, LIVE["id"]) == Absent()
    with pytest.raises(PlatformUnavailable):
        await Mastodon().fetch_post(Server().on("GET", ONE, answered(503)).access, LIVE["id"])


async def test_an_id_cannot_lead_to_another_path():
    server = Server().on("GET", "/api/v1/statuses/..%2Faccounts%3Fx%2F1", answered(404))
    assert await Mastodon().fetch_post(server.access, "../accounts?x/1") == Absent()


async def test_a_status_is_deleted():
    server = Server().on("DELETE", ONE, answered(body=LIVE | {"text": "Hallo"}))
    await Mastodon().withdraw(server.access, LIVE["id"])
    assert server.made() == [f"DELETE {ONE}"]
    assert server.requests[0].extensions["fresh"]


async def test_deleting_what_is_gone_is_a_success():
    await Mastodon().withdraw(Server().on("DELETE", ONE, answered(404)).on("GET", ONE, answered(404)).access, LIVE["id"])


async def test_a_status_that_stays_live_is_not_reported_as_deleted():
    """snac 2.75 knows no DELETE and says 404 of every status."""
    server = Server().on("DELETE", ONE, httpx2.Response(404)).on("GET", ONE, answered(body=LIVE))
    with pytest.raises(ContentRejected) as refused:
        await Mastodon().withdraw(server.access, LIVE["id"])
    assert refused.value.rule == "deleteUnsupported"


async def test_what_is_live_is_no_longer_processing():
    processing = Processing(LIVE["id"], 5)
    assert await Mastodon().resume(Server().on("GET", ONE, answered(body=LIVE)).access, processing) == PUBLISHED
    assert await Mastodon().resume(Server().on("GET", ONE, answered(404)).access, processing) == processing
