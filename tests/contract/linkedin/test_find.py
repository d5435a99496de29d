"""GET /rest/posts?q=author and GET /rest/socialActions/…/comments: what became of an unknown outcome."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from contract.linkedin.host import MEMBER, MEMBER_SCOPES, PAGE, PAGE_SCOPES, SHARE, Host, answer, file, outgoing, refused
from ocma.platforms.connector import Absent, Published, Unprovable
from ocma.platforms.content import Link, Part, Poll
from ocma.platforms.errors import PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.linkedin import LinkedIn

SENT_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LIVE_AT = SENT_AT + timedelta(seconds=5)
OTHER = "urn:li:ugcPost:6844785523593134081"
IMAGES = ("urn:li:image:C1", "urn:li:image:C2")


def stamp(at):
    return int(at.timestamp() * 1000)


def post(urn=SHARE, text="Hello", at=LIVE_AT, **more):
    """As LinkedIn's pages show one."""
    return {
        "id": urn,
        "author": PAGE,
        "commentary": text,
        "createdAt": stamp(at),
        "publishedAt": stamp(at),
        "lastModifiedAt": stamp(at),
        "visibility": "PUBLIC",
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleStateInfo": {"isEditedByAuthor": False},
        **more,
    }


def page(*elements, more=False):
    links = [{"type": "application/json", "rel": "next", "href": "/rest/posts"}] if more else []
    return answer(body={"paging": {"start": 0, "count": 100, "links": links}, "elements": list(elements)})


async def find(host, *arguments, author=PAGE, scopes=PAGE_SCOPES, **more):
    known = {"first_sent_at": SENT_AT, **more}
    return await LinkedIn().find(host.access(author, scopes), outgoing(*arguments, **known))


async def found(element, *arguments, **more):
    return await find(Host(page(element)), *arguments, **more)


async def test_finds_its_post_in_the_pages_own_list():
    host = Host(page(post(OTHER, "Another"), post(), post("urn:li:share:1", at=SENT_AT - timedelta(hours=1))))
    assert await find(host) == Published(SHARE, f"https://www.linkedin.com/feed/update/{SHARE}/", LIVE_AT)
    path = "/rest/posts?q=author&author=urn%3Ali%3Aorganization%3A2414183&count=100&sortBy=CREATED&start=0"
    assert host.asked == [f"GET {path}"]


async def test_what_was_never_sent_is_not_asked_for():
    assert await find(Host(), first_sent_at=None) == Absent()


async def test_a_members_posts_cannot_be_read_and_are_not_asked_for():
    assert await find(Host(), author=MEMBER, scopes=(*MEMBER_SCOPES, *PAGE_SCOPES)) == Unprovable()
    assert await find(Host(), scopes=("w_organization_social",)) == Unprovable()


async def test_a_member_of_an_app_that_may_is_settled_like_a_page():
    assert await find(Host(page()), author=MEMBER, scopes=("r_member_social",)) == Absent()


@pytest.mark.parametrize("text", [r"C\# \(and\) a\_b {hashtag|\#|ocma} \@you", "C# (and) a_b #ocma @you"])
async def test_the_text_is_read_as_it_was_meant(text):
    assert (await found(post(text=text), "C# (and)  a_b #ocma\n@you")).id == SHARE
    assert await found(post(text=text), "C# (and) a_b #other @you") == Absent()


async def test_a_mention_is_its_name():
    sent = "With @[Devtestco](urn:li:organization:2414183)!"
    assert (await found(post(text=sent), sent)).id == SHARE


async def test_files_are_told_by_their_names():
    one, two = (file(),), (file(), file())
    single = post(content={"media": {"id": IMAGES[0], "altText": "x"}})
    both = post(content={"multiImage": {"images": [{"id": each, "altText": ""} for each in IMAGES]}})
    assert (await found(single, "Hello", *one, urns=IMAGES[:1])).id == SHARE
    assert (await found(both, "Hello", *two, urns=IMAGES)).id == SHARE
    assert await found(both, "Hello", *one, urns=IMAGES[:1]) == Absent()
    assert await found(post(), "Hello", *one, urns=IMAGES[:1]) == Absent()
    assert await found(single, "Hello") == Absent()
    assert await found(single, "Other", *one, urns=IMAGES[1:]) == Absent()


async def test_the_same_text_with_a_file_of_another_name_is_no_proof():
    single = post(content={"media": {"id": "urn:li:digitalmediaAsset:C1"}})
    assert await found(single, "Hello", file(), urns=IMAGES[:1]) == Unprovable()


async def test_polls_and_links():
    poll = {"question": "Tea?", "options": [{"text": "Yes", "isVotedByViewer": False}, {"text": "No"}], "uniqueVotersCount": 0}
    part = Part("Hello", poll=Poll(("Yes", "No"), 86_400, question="Tea?"))
    assert (await found(post(content={"poll": poll}), part=part)).id == SHARE
    assert await found(post(), part=part) == Absent()
    assert await found(post(content={"poll": poll}), "Hello") == Absent()
    linked = Part("Hello", link=Link("https://example.com/", "Title"))
    assert (await found(post(content={"article": {"source": "https://example.com/"}}), part=linked)).id == SHARE
    assert await found(post(content={"article": {"source": "https://lnkd.in/x"}}), part=linked) == Unprovable()
    assert await found(post(), part=linked) == Absent()


async def test_nothing_older_than_the_first_sending():
    assert await found(post(at=SENT_AT - timedelta(minutes=2))) == Absent()
    assert (await found(post(at=SENT_AT - timedelta(seconds=30)))).id == SHARE


async def test_of_several_the_first_since_the_sending():
    listed = [post(f"urn:li:share:{number}", at=SENT_AT + timedelta(seconds=at)) for number, at in ((3, 60), (2, 5), (1, -30))]
    assert (await find(Host(page(*listed)))).id == "urn:li:share:2"


async def test_posts_known_to_be_others_do_not_count():
    assert await found(post(), others=frozenset({SHARE})) == Absent()


async def test_a_post_whose_video_is_still_worked_on_is_there_and_one_that_failed_is_not():
    assert (await found(post(lifecycleState="PUBLISH_REQUESTED"))).id == SHARE
    assert await found(post(lifecycleState="PUBLISH_FAILED")) == Absent()


@pytest.mark.parametrize("told", [{"commentary": None}, {"createdAt": None}, {"createdAt": "soon"}, {"id": None}])
async def test_what_linkedin_tells_too_little_of_is_no_proof(told):
    assert await found({**post(), **told}) == Unprovable()


async def test_turns_pages_until_it_is_found():
    full = page(*[post(OTHER, "Another")] * 100)
    host = Host(full, page(post(OTHER, "Another"), more=True), page(post()))
    assert (await find(host)).id == SHARE
    assert [httpx2.URL(f"https://x{each.split()[1]}").params["start"] for each in host.asked] == ["0", "100", "200"]


async def test_stops_where_all_that_follows_is_older():
    old = post(OTHER, "Another", at=SENT_AT - timedelta(days=1))
    assert await find(Host(page(*[old] * 100))) == Absent()
    edited = {**old, "lastModifiedAt": stamp(LIVE_AT)}  # a host that lists by changes
    host = Host(page(*[edited] * 100), page())
    assert await find(host) == Absent()
    assert host.left == 0


async def test_an_author_that_posted_too_much_cannot_be_settled():
    host = Host(*[page(*[post(OTHER, "Another")] * 100)] * 30)
    assert await find(host) == Unprovable()
    assert len(host.requests) == 10


@pytest.mark.parametrize("response", [refused(400, "ILLEGAL_ARGUMENT"), refused(403, "ACCESS_DENIED"), refused(404, "X")])
async def test_a_question_that_is_refused_says_nothing(response):
    assert await find(Host(response)) == Unprovable()


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (refused(401, "EXPIRED_ACCESS_TOKEN"), ReauthorizationRequired),
        (refused(429, "TOO_MANY_REQUESTS"), Throttled),
        (answer(500), PlatformUnavailable),
        (answer(200, b"<html>"), PlatformUnavailable),
        (answer(200, {"paging": {}}), PlatformUnavailable),
        (httpx2.ReadTimeout("slow"), PlatformUnavailable),
    ],
    ids=repr,
)
async def test_a_question_that_is_not_answered_is_asked_again_later(response, error):
    with pytest.raises(error):
        await find(Host(response))


def said(text="First", actor=PAGE, at=LIVE_AT, number="6636062862760562688"):
    return {
        "actor": actor,
        "commentUrn": f"urn:li:comment:(urn:li:activity:6631349431612559360,{number})",
        "created": {"actor": actor, "time": stamp(at)},
        "id": number,
        "message": {"attributes": [], "text": text},
        "object": SHARE,
    }


async def find_comment(*elements, **more):
    host = Host(page(*elements))
    result = await find(host, part=Part("First", role="comment"), index=1, reply_to=SHARE, root=SHARE, **more)
    return host, result


async def test_finds_its_comment():
    host, result = await find_comment(said("Else"), said())
    assert result.id == "urn:li:comment:(urn:li:activity:6631349431612559360,6636062862760562688)"
    assert result.at == LIVE_AT
    assert host.asked == ["GET /rest/socialActions/urn%3Ali%3Ashare%3A6844785523593134080/comments?count=100&start=0"]


async def test_a_comment_of_somebody_else_or_of_earlier_is_not_ours():
    elements = [said(actor=MEMBER), said("Else"), said(at=SENT_AT - timedelta(hours=1))]
    assert (await find_comment(*elements))[1] == Absent()
    assert (await find_comment())[1] == Absent()


async def test_a_comment_without_words_is_no_proof():
    assert (await find_comment({**said(), "message": {}}))[1] == Unprovable()
