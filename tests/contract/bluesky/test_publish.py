"""com.atproto.repo.createRecord: what is sent, that it is sent once, and that it cannot be there twice."""

import json
from dataclasses import replace

import httpx2
import pytest

from contract.bluesky.host import DID, NOW, WEB, Host, answer, blob, bluesky, media, proof, recorded, refused
from contract.bluesky.lexicon import Broken, check_record
from ocma.platforms.bluesky.wire import at_uri, record_key
from ocma.platforms.connector import Published
from ocma.platforms.content import Link, Outgoing, Part, media_step, part_step
from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    OutcomeUnknown,
    PermissionMissing,
    PlatformUnavailable,
    PreparationLost,
    ReauthorizationRequired,
    Throttled,
)

CREATE, GET = "com.atproto.repo.createRecord", "com.atproto.repo.getRecord"
KEY = "0194c1f2-7000:0:abcdef"
HELLO = Outgoing(Part("Grüße"), 0, KEY)
URI = at_uri(DID, record_key(KEY))
CID = "bafyreihwgohofw3m4jluqmzgmgmg2seuwn6k7sca574hjbtvngqtxu5pyi"
MADE = answer(body={"uri": URI, "cid": CID, "validationStatus": "valid"})
NONCE = recorded("GET /xrpc/com.atproto.server.getSession", 401, "use_dpop_nonce")


async def written(outgoing: Outgoing, host: Host | None = None) -> dict:
    host = host or Host()
    await bluesky().publish(host.xrpc(CREATE, MADE).access(), outgoing)
    return json.loads(host.sent(CREATE)[0].content)["record"]


async def test_a_post_is_one_record_at_a_place_of_our_own():
    host = Host().xrpc(CREATE, MADE)
    live = await bluesky().publish(host.access(), HELLO)
    assert live == Published(URI, f"{WEB}/profile/{DID}/post/{record_key(KEY)}", NOW)
    (request,) = host.requests
    assert json.loads(request.content) == {
        "repo": DID,
        "collection": "app.bsky.feed.post",
        "rkey": record_key(KEY),
        "record": {"$type": "app.bsky.feed.post", "text": "Grüße", "createdAt": "2026-11-23T04:00:00.000Z"},
    }
    assert request.headers["authorization"] == "DPoP t0ken"
    assert abs(proof(request, "t0ken")["iat"] - NOW.timestamp()) < 1


async def test_the_same_part_has_the_same_place_each_time_and_another_part_another():
    host = Host().xrpc(CREATE, MADE)
    for outgoing in (HELLO, HELLO, replace(HELLO, key="0194c1f2-7000:1:abcdef")):
        await bluesky().publish(host.access(), outgoing)
    first, again, other = (json.loads(each.content)["rkey"] for each in host.requests)
    assert first == again != other


async def test_an_app_passwords_session_is_a_bearers():
    host = Host().xrpc(CREATE, MADE)
    await bluesky().publish(host.access(oauth=False), HELLO)
    assert host.requests[0].headers["authorization"] == "Bearer t0ken"
    assert "dpop" not in host.requests[0].headers


async def test_a_nonce_that_is_asked_for_is_given_and_kept():
    """The server refused it unread, so sending it once more sends it once."""
    host, connector = Host().xrpc(CREATE, NONCE, MADE), bluesky()
    await connector.publish(host.access(), HELLO)
    await connector.publish(host.access(), HELLO)
    nonces = [proof(each).get("nonce") for each in host.requests]
    assert nonces == [None, NONCE.headers["dpop-nonce"], NONCE.headers["dpop-nonce"]]
    assert len({proof(each)["jti"] for each in host.requests}) == 3


async def test_a_nonce_is_learnt_from_an_answer_that_names_no_request():
    """The client of our lines leaves it out where nobody needs it."""
    host, connector = Host().xrpc(CREATE, MADE), bluesky()
    bare = httpx2.Response(401, headers={"dpop-nonce": "n1", "www-authenticate": 'DPoP error="use_dpop_nonce"'})
    assert connector.signs_again(host.access(), bare)
    await connector.publish(host.access(), HELLO)
    assert proof(host.requests[0])["nonce"] == "n1"


async def test_a_server_that_never_likes_the_nonce_took_nothing():
    host = Host().xrpc(CREATE, NONCE)
    with pytest.raises(PlatformUnavailable) as refusal:
        await bluesky().publish(host.access(), HELLO)
    assert (refusal.value.rule, len(host.requests)) == ("proofRefused", 2)


@pytest.mark.parametrize(
    "given",
    [
        httpx2.ReadTimeout("slow"),
        httpx2.ReadError("reset"),
        httpx2.RemoteProtocolError("disconnected"),
        httpx2.WriteError("broken pipe"),
        recorded(f"POST /xrpc/{CREATE}", 500),  # the reference PDS says so when the place is taken
        refused("UpstreamFailure", 502),
        refused("NotEnoughResources", 503),
        httpx2.Response(504, html="<h1>Gateway</h1>"),
        refused("InvalidRequest", 408),
        httpx2.Response(200, html="<h1>Welcome</h1>"),
        answer(200, {"uri": "https://elsewhere.example/"}),
        refused("RecordAlreadyExists"),
        answer(400, {"error": "InvalidRequest", "message": "There is already a value at key: app.bsky.feed.post/3k"}),
    ],
    ids=str,
)
async def test_whatever_leaves_open_if_it_was_accepted_is_unknown_and_not_repeated(given):
    host = Host(loose=True).xrpc(CREATE, given)
    with pytest.raises(OutcomeUnknown):
        await bluesky().publish(host.access(), HELLO)
    assert len(host.requests) == 1


async def test_nothing_is_unknown_where_nothing_was_written():
    host = Host().xrpc(CREATE, httpx2.ConnectError("refused"))
    with pytest.raises(PlatformUnavailable):
        await bluesky().publish(host.access(), HELLO)
    assert len(host.requests) == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (recorded(f"POST /xrpc/{CREATE}", 400, "BlobNotFound"), PreparationLost),
        (recorded(f"POST /xrpc/{CREATE}", 400, "InvalidRequest"), ContentRejected),
        (recorded(f"POST /xrpc/{CREATE}", 401), ReauthorizationRequired),
        (recorded(f"POST /xrpc/{CREATE}", 403), PermissionMissing),
        (refused("ExpiredToken"), ReauthorizationRequired),
        (refused("AccountTakedown", 401), AccountRestricted),
        (refused("InvalidSwap"), PlatformUnavailable),
        (refused("RateLimitExceeded", 429, ratelimit_reset=str(int(NOW.timestamp()) + 90)), Throttled),
        (httpx2.Response(307, headers={"location": "https://elsewhere.example/"}), PlatformUnavailable),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
async def test_a_refusal_is_definite(given, expected):
    host = Host().xrpc(CREATE, given)
    with pytest.raises(expected) as refusal:
        await bluesky().publish(host.access(), HELLO)
    assert len(host.requests) == 1
    assert refusal.value.remediation
    assert refusal.value.retry_after == (90 if expected is Throttled else None)


async def test_links_mentions_and_tags_point_at_bytes():
    text = "Grüße @Bob.Test und @nobody.test: https://example.com/ä. #Übung"
    prepared = {part_step("mentions", 0): json.dumps({"bob.test": DID})}
    record = await written(Outgoing(Part(text), 0, KEY, prepared=prepared))
    shown = [
        (text.encode()[each["index"]["byteStart"] : each["index"]["byteEnd"]].decode(), each["features"])
        for each in record["facets"]
    ]
    assert shown == [
        ("@Bob.Test", [{"$type": "app.bsky.richtext.facet#mention", "did": DID}]),
        ("https://example.com/ä", [{"$type": "app.bsky.richtext.facet#link", "uri": "https://example.com/ä"}]),
        ("#Übung", [{"$type": "app.bsky.richtext.facet#tag", "tag": "Übung"}]),
    ]


def with_files(*files, **more) -> Outgoing:
    prepared = {media_step(0, place): json.dumps(blob(3, each.mime_type)) for place, each in enumerate(files)}
    return Outgoing(Part("", files), 0, KEY, prepared=prepared, **more)


async def test_images_carry_their_blob_alternative_text_and_shape():
    record = await written(with_files(media(), media(alt_text=None, width=None)))
    assert record["text"] == ""
    assert record["embed"] == {
        "$type": "app.bsky.embed.images",
        "images": [
            {"image": blob(), "alt": "Ein Bild", "aspectRatio": {"width": 1600, "height": 900}},
            {"image": blob(), "alt": ""},
        ],
    }


async def test_more_than_four_images_are_a_gallery():
    embed = (await written(with_files(*[media()] * 5)))["embed"]
    assert (embed["$type"], len(embed["items"])) == ("app.bsky.embed.gallery", 5)
    assert {each["$type"] for each in embed["items"]} == {"app.bsky.embed.gallery#image"}


async def test_a_gallery_needs_every_shape_and_nothing_is_sent_without():
    host = Host()
    with pytest.raises(ContentRejected) as refusal:
        await bluesky().publish(host.access(), with_files(*[media()] * 4, media(height=None)))
    assert (refusal.value.rule, host.requests) == ("sizeUnknown", [])


async def test_a_video_is_the_one_file():
    embed = (await written(with_files(media("video", "video/mp4"))))["embed"]
    assert embed == {
        "$type": "app.bsky.embed.video",
        "video": blob(3, "video/mp4"),
        "alt": "Ein Bild",
        "aspectRatio": {"width": 1600, "height": 900},
    }


async def test_a_link_is_a_card():
    part = Part("Lest das", link=Link("https://example.com/", "Titel"))
    embed = (await written(Outgoing(part, 0, KEY)))["embed"]
    external = {"uri": "https://example.com/", "title": "Titel", "description": ""}
    assert embed == {"$type": "app.bsky.embed.external", "external": external}


async def test_options_go_with_it():
    options = {"langs": ["de", "en-GB"], "tags": ["ocma"], "labels": ["graphic-media"]}
    record = await written(replace(HELLO, options=options))
    assert (record["langs"], record["tags"]) == (["de", "en-GB"], ["ocma"])
    assert record["labels"] == {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "graphic-media"}]}


def live(number: int) -> tuple[str, str]:
    return at_uri(DID, record_key(str(number))), f"bafyreihwgohofw3m4jluqmzgmgmg2seuwn6k7sca574hjbtvngqtxu{number:03}"


def thread() -> Host:
    versions = {at_uri(DID, record_key(str(number))): live(number)[1] for number in (1, 2)}

    def told(request: httpx2.Request) -> httpx2.Response:
        uri = at_uri(request.url.params["repo"], request.url.params["rkey"])
        return answer(body={"uri": uri, "cid": versions[uri], "value": {"text": "x"}})

    return Host().xrpc(GET, told)


async def test_the_third_part_of_a_thread_names_its_root_and_its_parent_in_their_versions():
    host, (first, root), (second, parent) = thread(), live(1), live(2)
    record = await written(replace(HELLO, index=2, reply_to=second, root=first), host)
    assert record["reply"] == {"root": {"uri": first, "cid": root}, "parent": {"uri": second, "cid": parent}}


async def test_a_first_comment_is_a_reply_to_the_post():
    host, (first, cid) = thread(), live(1)
    record = await written(Outgoing(Part("Dazu", role="comment"), 1, KEY, reply_to=first, root=first), host)
    assert record["reply"] == {"root": {"uri": first, "cid": cid}, "parent": {"uri": first, "cid": cid}}
    assert host.asked() == [f"GET {GET}", f"POST {CREATE}"]


async def test_a_thread_whose_beginning_is_gone_ends_there():
    host = Host().xrpc(GET, recorded(f"GET /xrpc/{GET}", 400))
    with pytest.raises(ContentRejected) as refusal:
        await bluesky().publish(host.access(), replace(HELLO, index=1, reply_to=live(1)[0], root=live(1)[0]))
    assert (refusal.value.rule, host.sent(CREATE)) == ("replyNotFound", [])


async def test_what_a_real_server_answers_is_understood():
    request = f"POST /xrpc/{CREATE}"
    host = Host().xrpc(CREATE, recorded(request, 200))
    assert (await bluesky().publish(host.access(), HELLO)).id == recorded(request, 200).json()["uri"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "x" * 301},
        {"createdAt": "2026-11-23 04:00"},
        {"langs": ["de", "en", "fr", "it"]},
        {"embed": {"$type": "app.bsky.embed.images", "images": [{"image": blob()}]}},
        {"embed": {"$type": "app.bsky.embed.gallery", "items": [{"image": blob(), "alt": ""}]}},
        {"facets": [{"index": {"byteStart": 0}, "features": []}]},
        {"reply": {"parent": {"uri": URI, "cid": CID}}},
        {"lang": "de"},
    ],
    ids=lambda each: next(iter(each)),
)
def test_the_check_of_records_can_fail(wrong):
    sound = {"$type": "app.bsky.feed.post", "text": "x", "createdAt": "2026-11-23T04:00:00.000Z"}
    check_record("app.bsky.feed.post", record_key("x"), sound)
    with pytest.raises(Broken):
        check_record("app.bsky.feed.post", record_key("x"), sound | wrong)
    with pytest.raises(Broken):
        check_record("app.bsky.feed.post", "not-a-tid", sound)
