"""POST /rest/posts and POST /rest/socialActions/…/comments: the calls that publish."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import httpx2
import pytest

from contract.linkedin.host import MEMBER, PAGE, SHARE, Host, answer, duplicate, file, made, outgoing, refused
from ocma.platforms.connector import Published
from ocma.platforms.content import Link, Part, Poll
from ocma.platforms.errors import (
    ContentRejected,
    DuplicateContent,
    NotReady,
    OutcomeUnknown,
    PermissionMissing,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.linkedin import LinkedIn

URL = f"https://www.linkedin.com/feed/update/{SHARE}/"
SENT_AT = datetime(2021, 9, 18, 0, 10, tzinfo=UTC)  # a little before the number in SHARE
LOST = [
    httpx2.ReadTimeout("no answer"),
    httpx2.WriteTimeout("stuck"),
    httpx2.ReadError("reset"),
    httpx2.WriteError("reset"),
    httpx2.RemoteProtocolError("closed"),
]


async def sent(*arguments, author=MEMBER, **more):
    host = Host(made())
    await LinkedIn().publish(host.access(author), outgoing(*arguments, **more))
    return host.body()


def comment(text="First!", **more):
    return outgoing(part=Part(text, role="comment"), index=1, reply_to=SHARE, root=SHARE, **more)


async def test_a_post():
    host, linkedin = Host(made()), LinkedIn()
    with mock.patch.object(linkedin, "send", wraps=linkedin.send) as send:
        published = await linkedin.publish(host.access(), outgoing())
    assert published == Published(SHARE, URL)
    assert send.await_count == 1
    assert host.asked == ["POST /rest/posts"]
    assert host.body() == {
        "author": MEMBER,
        "commentary": "Hello",
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    assert host.requests[0].headers["linkedin-version"] == "202609"


async def test_the_version_is_the_operators():
    host = Host(made())
    await LinkedIn().publish(host.access(settings={"version": "202703"}), outgoing())
    assert host.requests[0].headers["linkedin-version"] == "202703"


async def test_a_page_is_the_author_of_its_posts():
    assert (await sent(author=PAGE))["author"] == PAGE


@pytest.mark.parametrize("urn", ["urn:li:ugcPost:6844785523593134080", "urn%3Ali%3Ashare%3A6844785523593134080"])
async def test_the_id_of_a_post_stands_in_a_header(urn):
    published = await LinkedIn().publish(Host(made(urn)).access(), outgoing())
    assert published.id == urn.replace("%3A", ":")


async def test_reserved_characters_are_escaped():
    assert (await sent("a_b (c) #ocma C# <x> @you"))["commentary"] == r"a\_b \(c\) #ocma C\# \<x\> \@you"


async def test_options():
    body = await sent(options={"visibility": "CONNECTIONS", "reshare_disabled": True})
    assert (body["visibility"], body["isReshareDisabledByAuthor"]) == ("CONNECTIONS", True)


async def test_an_image_with_its_alternative_text():
    body = await sent("Hello", file(alt_text="A (blue) bird"), urns=("urn:li:image:C1",))
    assert body["content"] == {"media": {"id": "urn:li:image:C1", "altText": "A (blue) bird"}}


async def test_two_images_are_several():
    body = await sent("", file(), file(), urns=("urn:li:image:C1", "urn:li:image:C2"))
    assert body["content"] == {"multiImage": {"images": [{"id": "urn:li:image:C1"}, {"id": "urn:li:image:C2"}]}}


async def test_several_images_in_order():
    body = await sent("", file(), file(alt_text="Two"), file(), urns=("urn:li:image:C3", "urn:li:image:C2", "urn:li:image:C1"))
    assert body["commentary"] == ""
    images = [{"id": "urn:li:image:C3"}, {"id": "urn:li:image:C2", "altText": "Two"}, {"id": "urn:li:image:C1"}]
    assert body["content"] == {"multiImage": {"images": images}}


@pytest.mark.parametrize(
    ("text", "options", "title"),
    [
        ("The report\nof this year", {}, "The report"),
        ("The report", {"title": "Q3 (final)"}, "Q3 (final)"),
        ("  ", {}, "Document"),
        ("x" * 300, {}, "x" * 100),
    ],
)
async def test_a_document_has_a_title(text, options, title):
    body = await sent(text, file("document", "application/pdf"), urns=("urn:li:document:D1",), options=options)
    assert body["content"] == {"media": {"id": "urn:li:document:D1", "title": title}}


async def test_a_video():
    film = file("video", "video/mp4", alt_text="has no place there")
    assert (await sent("Hello", film, urns=("urn:li:video:V1",)))["content"] == {"media": {"id": "urn:li:video:V1"}}


async def test_a_link_as_a_card():
    part = Part("Read this", link=Link("https://example.com/a_b?c=1", "A_title", "More"))
    article = {"source": "https://example.com/a_b?c=1", "title": "A_title", "description": "More"}
    assert (await sent(part=part))["content"] == {"article": article}


@pytest.mark.parametrize(("question", "expected"), [("Tea?", "Tea?"), (None, "What do you drink?")])
async def test_a_poll(question, expected):
    part = Part("What do you drink?", poll=Poll(("Tea", "Coffee"), 259_200, question=question))
    poll = {"question": expected, "options": [{"text": "Tea"}, {"text": "Coffee"}], "settings": {"duration": "THREE_DAYS"}}
    assert (await sent(part=part))["content"] == {"poll": poll}


async def test_a_poll_without_a_question_is_not_sent():
    host = Host()
    with pytest.raises(ContentRejected, match="question"):
        await LinkedIn().publish(host.access(), outgoing(part=Part("x" * 141, poll=Poll(("Tea", "Coffee"), 86_400))))
    assert host.requests == []


async def test_a_first_comment():
    told = {"id": "6636062862760562688", "commentUrn": "urn:li:comment:(urn:li:activity:6844785523593134081,6636062862760562688)"}
    host = Host(answer(201, told, x_restli_id="6636062862760562688"))
    published = await LinkedIn().publish(host.access(PAGE), comment("See (here)"))
    assert host.asked == ["POST /rest/socialActions/urn%3Ali%3Ashare%3A6844785523593134080/comments"]
    assert host.body() == {"actor": PAGE, "object": SHARE, "message": {"text": r"See \(here\)"}}
    assert published.id == told["commentUrn"]
    beginning = "https://www.linkedin.com/feed/update/urn:li:activity:6844785523593134081/?commentUrn=urn%3Ali%3Acomment%3A"
    assert published.url.startswith(beginning)


@pytest.mark.parametrize(
    "response", [answer(201, x_restli_id="6636062862760562688"), answer(201, {"id": 6636062862760562688})], ids=["header", "body"]
)
async def test_a_comment_that_is_only_numbered(response):
    published = await LinkedIn().publish(Host(response).access(), comment())
    assert published.id == f"urn:li:comment:({SHARE},6636062862760562688)"


@pytest.mark.parametrize("out", [outgoing(), comment()], ids=["post", "comment"])
@pytest.mark.parametrize("failure", [*(answer(status, b"<html>") for status in (408, 500, 502, 503, 504)), *LOST], ids=repr)
async def test_what_may_have_been_accepted_is_left_open_and_not_repeated(out, failure):
    host = Host(failure, made())
    with pytest.raises(OutcomeUnknown):
        await LinkedIn().publish(host.access(), out)
    assert (len(host.requests), host.left) == (1, 1)


async def test_no_connection_is_certain_not_to_have_published():
    host = Host(httpx2.ConnectError("refused"), made())
    with pytest.raises(PlatformUnavailable):
        await LinkedIn().publish(host.access(), outgoing())
    assert host.left == 1


@pytest.mark.parametrize("response", [answer(201), answer(200, b"<html>"), made("urn:li:person:1"), made("x"), made("")])
async def test_accepted_but_not_as_what_leaves_it_open(response):
    with pytest.raises(OutcomeUnknown):
        await LinkedIn().publish(Host(response).access(), outgoing())
    with pytest.raises(OutcomeUnknown):
        await LinkedIn().publish(Host(answer(201, b"<html>")).access(), comment())


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (refused(400, "FIELD_LENGTH_TOO_LONG"), ContentRejected),
        (refused(400, "MEDIA_ASSET_PROCESSING_FAILED"), ContentRejected),
        (refused(400, "MEDIA_ASSET_WAITING_UPLOAD"), NotReady),
        (refused(401, "REVOKED_ACCESS_TOKEN"), ReauthorizationRequired),
        (refused(403, "ACCESS_DENIED"), PermissionMissing),
        (refused(404, "NOT_FOUND"), ContentRejected),
        (refused(409, "CONFLICT"), PlatformUnavailable),
        (refused(426, "NONEXISTENT_VERSION"), Throttled),
        (refused(429, "TOO_MANY_REQUESTS"), Throttled),
        (duplicate(), DuplicateContent),
    ],
    ids=repr,
)
async def test_a_refusal_is_certain(response, error):
    host = Host(response)
    with pytest.raises(error):
        await LinkedIn().publish(host.access(), outgoing())
    assert len(host.requests) == 1


async def test_the_same_once_more_is_a_mistake_that_names_the_live_post():
    with pytest.raises(DuplicateContent, match=SHARE):
        await LinkedIn().publish(Host(duplicate()).access(), outgoing())


@pytest.mark.parametrize("status", [400, 409, 422])
async def test_after_an_unknown_outcome_the_post_that_a_duplicate_names_is_ours(status):
    told = answer(status, {"status": status, "message": f"Content is a duplicate of {SHARE}"})
    for response in (duplicate(), told):
        published = await LinkedIn().publish(Host(response).access(), outgoing(first_sent_at=SENT_AT))
        assert published == Published(SHARE, URL)


@pytest.mark.parametrize("urn", ["urn:li:person:782bbtaQ", "something"])
async def test_a_duplicate_that_names_no_post_is_not_ours(urn):
    with pytest.raises(DuplicateContent):
        await LinkedIn().publish(Host(duplicate(urn)).access(), outgoing(first_sent_at=SENT_AT))


async def test_a_duplicate_of_something_older_is_not_ours():
    late = SENT_AT + timedelta(minutes=10)
    with pytest.raises(DuplicateContent):
        await LinkedIn().publish(Host(duplicate()).access(), outgoing(first_sent_at=late))


async def test_a_number_that_is_no_time_does_not_speak_against_it():
    late = SENT_AT + timedelta(days=30)
    published = await LinkedIn().publish(Host(duplicate("urn:li:share:12345")).access(), outgoing(first_sent_at=late))
    assert published.id == "urn:li:share:12345"


async def test_a_comment_is_not_taken_for_a_post():
    with pytest.raises(DuplicateContent):
        await LinkedIn().publish(Host(duplicate()).access(), comment(first_sent_at=SENT_AT))
    urn = f"urn:li:comment:({SHARE},7)"
    assert (await LinkedIn().publish(Host(duplicate(urn)).access(), comment(first_sent_at=SENT_AT))).id == urn
