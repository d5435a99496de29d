from datetime import UTC, datetime, timedelta, timezone

import httpx2
import pytest

from contract.x.host import ME, Host, answer
from contract.x.specification import NEW, OLD
from contract.x.wire import BOTH, post, problem, timeline
from ocma.platforms.connector import Absent, Published, Unprovable
from ocma.platforms.content import Media, Outgoing, Part
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable, Throttled
from ocma.platforms.x import X

SENT_AT = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LIVE_AT = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)
both = pytest.mark.parametrize("specification", BOTH, ids=lambda each: each.version)


async def nothing():
    yield b""


def outgoing(text="Hello", images=0, first_sent_at=SENT_AT, **more):
    image = Media(id="m", kind="image", mime_type="image/png", size=1, open=nothing)
    return Outgoing(Part(text, (image,) * images), 0, "key", first_sent_at=first_sent_at, **more)


async def found(host, **more):
    return await X().find(host.access(), outgoing(**more))


@both
async def test_finds_its_post(specification):
    posts = [post(str(number), text, specification=specification) for number, text in ((9, "Other"), (8, "Hello"), (7, "Hello"))]
    host = Host(answer(body=timeline(*posts)), specification=specification)
    assert await found(host) == Published("8", "https://x.com/ocma/status/8", LIVE_AT)


@both
async def test_asks_for_the_account_s_own_posts_since_the_first_sending(specification):
    host = Host(answer(body=timeline()), specification=specification)
    assert await found(host, first_sent_at=SENT_AT.astimezone(timezone(timedelta(hours=9)))) == Absent()
    request = host.requests[-1]
    assert (request.method, request.url.path) == ("GET", f"/2/users/{ME}/tweets")
    assert request.url.params["start_time"] == "2026-11-22T11:59:00Z"
    assert request.url.params["max_results"] == "100"
    assert specification.scopes(request) <= set(X.manifest.oauth.scopes)


async def test_learns_the_vocabulary_of_the_host_once():
    host, x = Host(answer(body=timeline()), answer(body=timeline()), specification=OLD), X()
    await x.find(host.access(), outgoing())
    await x.find(host.access(), outgoing())
    assert ["post.fields" in request.url.params for request in host.requests] == [True, False, False]


async def test_a_host_that_passes_over_what_it_does_not_know_is_asked_again():
    bare = {"id": "8", "text": "Hello", "edit_history_post_ids": ["8"]}
    host = Host(answer(body=timeline(bare)), answer(body=timeline(post("8", "Hello", specification=OLD))), specification=Either())
    assert await found(host) == Published("8", "https://x.com/ocma/status/8", LIVE_AT)
    assert "tweet.fields" in host.requests[1].url.params


class Either:
    """A host that takes both vocabularies."""

    version = "either"

    def unknown(self, request):
        return NEW.unknown(request) & OLD.unknown(request)

    def check(self, request):
        (OLD if "tweet.fields" in request.url.params else NEW).check(request)

    def check_answer(self, request, response):
        pass


async def test_posts_of_which_x_tells_too_little_are_no_proof():
    bare = {"id": "8", "text": "Hello"}
    host = Host(answer(body=timeline(bare)), answer(body=timeline(bare)), specification=Either())
    assert await found(host) == Unprovable()


@both
async def test_reply_media_and_links(specification):
    links = [
        {
            "start": 4,
            "end": 27,
            "url": "https://t.co/aaaaaaaaaa",
            "expanded_url": "http://example.com/x",
            "display_url": "example.com/x",
        },
        {
            "start": 28,
            "end": 51,
            "url": "https://t.co/bbbbbbbbbb",
            "expanded_url": "https://x.com/ocma/status/8/photo/1",
            "media_key": "3_1",
        },
    ]
    text = "a &amp; https://t.co/aaaaaaaaaa https://t.co/bbbbbbbbbb"
    rich = {"entities": {"urls": links}, "attachments": {"media_keys": ["3_1"]}}
    live = post("8", text, reply_to="7", specification=specification, **rich)

    async def ask(**more):
        return await found(Host(answer(body=timeline(live)), specification=specification, loose=specification is OLD), **more)

    sent = {"text": "a & example.com/x", "images": 1, "reply_to": "7"}
    assert await ask(**sent) == Published("8", "https://x.com/ocma/status/8", LIVE_AT)
    assert await ask(**sent | {"reply_to": "6"}) == Absent()
    assert await ask(**sent | {"reply_to": None}) == Absent()
    assert await ask(**sent | {"images": 2}) == Absent()
    assert await ask(**sent | {"text": "a & example.com/y"}) == Absent()


@both
async def test_a_thread_of_equal_parts_is_told_apart_by_the_parent(specification):
    posts = [post(str(8 + n), "Hello", reply_to=str(7 + n) if n else None, specification=specification) for n in (2, 1, 0)]

    async def ask(parent):
        return await found(Host(answer(body=timeline(*posts)), specification=specification), reply_to=parent)

    assert [(await ask(parent)).id for parent in (None, "8", "9")] == ["8", "9", "10"]
    assert await ask("10") == Absent()


async def test_nothing_older_than_the_first_sending():
    before, within = post("8", "Hello", "2026-11-22T11:58:59.000Z"), post("8", "Hello", "2026-11-22T11:59:30.000Z")
    assert await found(Host(answer(body=timeline(before)))) == Absent()
    assert await found(Host(answer(body=timeline(within)))) == Published(
        "8", "https://x.com/ocma/status/8", SENT_AT - timedelta(seconds=30)
    )


async def test_what_was_never_sent_is_not_asked_for():
    host = Host()
    assert await found(host, first_sent_at=None) == Absent()
    assert host.requests == []


async def test_posts_known_to_be_others_do_not_count():
    body = timeline(post("9", "Hello"), post("8", "Hello"))
    assert (await found(Host(answer(body=body)), others=frozenset({"9"}))).id == "8"
    assert await found(Host(answer(body=body)), others=frozenset({"9", "8"})) == Absent()


async def test_turns_pages_until_it_is_found():
    pages = [timeline(post("9", "Other"), token="t1"), timeline(token="t2"), timeline(post("8", "Hello"), token="t3")]
    host = Host(*[answer(body=page) for page in pages])
    assert (await found(host)).id == "8"
    assert [request.url.params.get("pagination_token") for request in host.requests] == [None, "t1", "t2"]
    assert {request.url.params["start_time"] for request in host.requests} == {"2026-11-22T11:59:00Z"}


async def test_absent_only_after_the_last_page():
    pages = [timeline(post("9", "Other"), token="t1"), timeline(post("8", "Another"))]
    assert await found(Host(*[answer(body=page) for page in pages])) == Absent()


async def test_an_account_that_posted_too_much_cannot_be_settled_by_reading():
    host = Host(*[answer(body=timeline(post("9", "Other"), token="more")) for _ in range(50)])
    assert await found(host) == Unprovable()
    assert len(host.requests) == 10


async def test_errors_about_what_posts_refer_to_do_no_harm():
    gone = problem("resource-not-found", resource_type="post", resource_id="3", parameter="referenced_posts", value="3")
    assert (await found(Host(answer(body=timeline(post("8", "Hello"), errors=[gone]))))).id == "8"
    assert await found(Host(answer(body=timeline(post("8", "Other"), errors=[gone])))) == Absent()


async def test_posts_that_x_keeps_back_are_no_proof():
    kept = problem("resource-unavailable", resource_type="post", resource_id="8", section="data")
    assert await found(Host(answer(body=timeline(post("9", "Other"), errors=[kept])), loose=True)) == Unprovable()
    short = timeline(post("9", "Other"))
    short["meta"]["result_count"] = 2
    assert await found(Host(answer(body=short))) == Unprovable()


@pytest.mark.parametrize(
    "responses",
    [
        [answer(400, problem("invalid-request"))] * 2,
        [answer(404, problem("resource-not-found"))],
        [answer(200, {"errors": [problem("resource-not-found", resource_type="user")]})],
    ],
)
async def test_a_question_that_x_refuses_proves_nothing(responses):
    assert await found(Host(*responses, loose=True)) == Unprovable()


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(200, timeline(post("8", "Hello", "2026-11-22T12:00:05"))), PlatformUnavailable),
        (answer(200, {"errors": [problem("not-authorized-for-resource", resource_type="user")]}), PermissionMissing),
        (answer(200, {"errors": [problem("internal-error")]}), PlatformUnavailable),
        (answer(200, {}), PlatformUnavailable),
        (answer(200, {"data": None}), PlatformUnavailable),
        (answer(200, []), PlatformUnavailable),
        (answer(200, b"<html>"), PlatformUnavailable),
        (answer(200, {"data": [{"text": "no id"}]}), PlatformUnavailable),
        (answer(500), PlatformUnavailable),
        (answer(429), Throttled),
        (httpx2.ReadTimeout("slow"), PlatformUnavailable),
    ],
)
async def test_no_proper_answer_is_no_answer(response, error):
    with pytest.raises(error):
        await found(Host(response, loose=True))
