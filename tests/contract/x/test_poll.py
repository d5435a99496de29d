"""Polls: sent with a post, and told apart in the account's timeline."""

import json

import pytest

from contract.x.host import Host, answer
from contract.x.specification import NEW, OLD
from contract.x.test_find import LIVE_AT, SENT_AT
from contract.x.wire import BOTH, created, post, timeline
from ocma.platforms.connector import Absent, Published, Unprovable
from ocma.platforms.content import Outgoing, Part, Poll
from ocma.platforms.x import X

both = pytest.mark.parametrize("specification", BOTH, ids=lambda each: each.version)
POLL = Poll(("R&D", "Café au lait", "Weiß nicht!"), 86_400)
MATCH = Published("8", "https://x.com/ocma/status/8", LIVE_AT)


def asking(poll=POLL, text="Which?", first_sent_at=SENT_AT):
    return Outgoing(Part(text, poll=poll), 0, "key", first_sent_at=first_sent_at)


def told(*labels, poll_id="5"):
    """In the order of votes: positions tell the order in which they were asked."""
    options = [{"position": number, "label": label, "votes": number} for number, label in enumerate(labels, 1)]
    return {"id": poll_id, "options": options[::-1]}


def listed(*posts, polls=(), **more):
    return timeline(*posts, **more) | ({"includes": {"polls": list(polls)}} if polls else {})


def with_poll(poll_id="5", text="Which?", specification=NEW, **more):
    return post("8", text, specification=specification, attachments={"poll_ids": [poll_id]}, **more)


async def found(body, outgoing=None, specification=NEW, **more):
    return await X().find(Host(answer(body=body), specification=specification, **more).access(), outgoing or asking())


@both
async def test_a_post_with_a_poll(specification):
    host = Host(answer(201, created("1346889436626259968", "Which?", specification)), specification=specification)
    await X().publish(host.access(), asking(first_sent_at=None))
    poll = {"options": ["R&D", "Café au lait", "Weiß nicht!"], "duration_minutes": 1440}
    assert json.loads(host.requests[0].content) == {"text": "Which?", "poll": poll}


@pytest.mark.parametrize(("seconds", "minutes"), [(300, 5), (604_800, 10_080)])
async def test_minutes_are_what_x_counts(seconds, minutes):
    host = Host(answer(201, created("1", "Which?")))
    await X().publish(host.access(), asking(Poll(("a", "b"), seconds)))
    assert json.loads(host.requests[0].content)["poll"]["duration_minutes"] == minutes


@both
async def test_the_post_with_this_poll_is_found_beside_one_without(specification):
    plain = post("9", "Which?", specification=specification)
    body = listed(plain, with_poll(specification=specification), polls=[told("No"), told(*POLL.options, poll_id="5")])
    assert await found(body, specification=specification) == MATCH
    assert (await found(body, asking(None), specification=specification)).id == "9"


@both
async def test_polls_are_asked_for(specification):
    host = Host(answer(body=timeline()), specification=specification)
    await X().find(host.access(), asking())
    params = host.requests[-1].url.params
    assert "attachments.poll_ids" in params["expansions"].split(",")
    assert "options" in params["poll.fields"].split(",")
    assert "attachments" in params["tweet.fields" if specification is OLD else "post.fields"].split(",")


@pytest.mark.parametrize(
    "labels",
    [("R&amp;D", "Café au lait", "Weiß nicht!"), ("R&D", "Cafe\u0301  au lait ", "Weiß nicht!")],
    ids=["escaped", "form"],
)
async def test_what_x_may_do_to_labels_leaves_the_poll_the_same(labels):
    assert await found(listed(with_poll(), polls=[told(*labels)])) == MATCH


@pytest.mark.parametrize(
    "labels", [("R&D", "Tee", "Weiß nicht!"), ("R&D", "Café au lait"), POLL.options[::-1], (*POLL.options, "x")]
)
async def test_another_poll_is_another_post(labels):
    assert await found(listed(with_poll(), polls=[told(*labels)])) == Absent()


async def test_a_poll_is_another_post_than_one_without():
    assert await found(listed(with_poll(), polls=[told(*POLL.options)]), asking(None)) == Absent()


@pytest.mark.parametrize(
    "body",
    [
        listed(post("8", "Which?")),
        listed(post("8", "Which?", attachments={"poll_ids": None})),
        listed(with_poll()),
        listed(with_poll(), polls=[told(*POLL.options, poll_id="6")]),
        listed(with_poll(), polls=[{"id": "5"}]),
        listed(with_poll(), polls=[told("R&D", "Café au lait", "Weiß nicht")]),
    ],
    ids=["not listed", "null", "no includes", "not this one", "no options", "form"],
)
async def test_what_x_does_not_tell_of_a_poll_leaves_it_open(body):
    assert await found(body) == Unprovable()


async def test_another_text_decides_whatever_x_tells_of_polls():
    assert await found(listed(with_poll(text="Who?"), post("7", "When?"))) == Absent()


async def test_polls_of_other_pages_count_for_their_own_posts():
    pages = [listed(with_poll(text="Who?"), polls=[told("a", "b")], token="t"), listed(with_poll(), polls=[told(*POLL.options)])]
    assert await X().find(Host(*[answer(body=page) for page in pages]).access(), asking()) == MATCH
