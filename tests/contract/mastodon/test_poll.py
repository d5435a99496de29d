"""Polls: asked about at GET /api/v2/instance, sent with POST /api/v1/statuses, told apart in what the server lists.

Facts: docs.joinmastodon.org, methods/statuses (poll[options][], poll[expires_in] in seconds, poll[multiple]), entities/Poll,
entities/Instance (configuration.polls); Pleroma's poll_limits as its documentation of differences to Mastodon names them.
"""

import json
from dataclasses import replace

import httpx2
import pytest

from contract.mastodon.server import Server, answered, status
from contract.mastodon.test_find import HELLO, INSTANCE, OWN, at, find, listing, live, others
from ocma.platforms.connector import Absent, Published, Unprovable
from ocma.platforms.content import Content, Outgoing, Part, Poll, part_step
from ocma.platforms.errors import ContentRejected, PlatformUnavailable
from ocma.platforms.mastodon import Mastodon

OLD_INSTANCE = "/api/v1/instance"
POLL = Poll(("Rot & Grün", "Blau", "Keins!"), 86400)
ASKING = Outgoing(Part("Welche Farbe?", poll=POLL), 0, "k", {"visibility": "public"}, first_sent_at=HELLO.first_sent_at)
LIMITS = {"max_options": 4, "max_characters_per_option": 50, "min_expiration": 300, "max_expiration": 2629746}
MASTODON = {"api_versions": {"mastodon": 11}, "configuration": {"polls": LIMITS}}


def told(*titles: str, multiple: bool = False, **more: object) -> dict:
    """A Poll entity as Mastodon documents it."""
    return {
        "id": "34830",
        "expires_at": at(86400),
        "expired": False,
        "multiple": multiple,
        "votes_count": 0,
        "voters_count": None,
        "options": [{"title": title, "votes_count": 0} for title in titles],
        "emojis": [],
        "voted": True,
        "own_votes": [],
        **more,
    }


MATCH = status(900, "<p>Welche Farbe?</p>", poll=told(*POLL.options))
PLAIN = status(901, "<p>Welche Farbe?</p>", poll=None)


async def ask(*statuses: dict, outgoing: Outgoing = ASKING, instance: httpx2.Response | None = None):
    return await find(
        listing([*statuses, *others(2, poll=None)]).on("GET", INSTANCE, instance or answered(body=MASTODON)), outgoing
    )


async def test_a_poll_goes_with_the_text():
    server = Server().on("POST", "/api/v1/statuses", answered(body=MATCH))
    assert isinstance(await Mastodon().publish(server.access, replace(ASKING, first_sent_at=None)), Published)
    assert json.loads(server.requests[0].content) == {
        "status": "Welche Farbe?",
        "poll": {"options": ["Rot & Grün", "Blau", "Keins!"], "expires_in": 86400, "multiple": False},
        "visibility": "public",
    }


async def test_without_one_nothing_is_said_of_polls():
    server = Server().on("POST", "/api/v1/statuses", answered(body=MATCH))
    await Mastodon().publish(server.access, replace(ASKING, part=Part("Welche Farbe?")))
    assert "poll" not in json.loads(server.requests[0].content)


OLD = {"configuration": {"polls": LIMITS}}  # as Mastodon 3.5, which is out of use, and snac 2.75, which drops polls
NOTHING = answered(404)


class TestBefore:
    """A server that drops a poll says yes to the status, so it is asked first."""

    async def prepared(self, server: Server, poll: Poll = POLL) -> str:
        (step,) = Mastodon().steps(Content((Part("Welche Farbe?", poll=poll),)))
        assert step.key == part_step("poll", 0)
        return await step.run(server.access, {})

    def server(self, new: httpx2.Response, old: httpx2.Response = NOTHING) -> Server:
        return Server().on("GET", INSTANCE, new).on("GET", OLD_INSTANCE, old)

    @pytest.mark.parametrize(
        ("new", "old"),
        [
            (answered(body=MASTODON), NOTHING),
            (answered(body={"poll_limits": {"max_options": 20}}), NOTHING),
            (NOTHING, answered(body={"poll_limits": {"max_options": 20, "max_option_chars": 200}})),
            (answered(body={"configuration": {"polls": {"max_options": 3}}}), NOTHING),
        ],
        ids=["Mastodon", "Pleroma", "older Pleroma", "half told"],
    )
    async def test_a_server_that_takes_it(self, new, old):
        assert await self.prepared(self.server(new, old))

    @pytest.mark.parametrize(
        ("new", "old"),
        [
            (NOTHING, NOTHING),
            (NOTHING, answered(body=OLD)),
            (answered(body={}), answered(body=OLD)),
            (answered(body={"configuration": {"polls": None}}), NOTHING),
            (httpx2.Response(200, html="<h1>Welcome</h1>"), NOTHING),
        ],
        ids=["nothing", "snac", "silent", "null", "page"],
    )
    async def test_a_server_that_is_not_known_to_take_polls(self, new, old):
        with pytest.raises(ContentRejected) as refused:
            await self.prepared(self.server(new, old))
        assert refused.value.rule == "pollUnsupported"
        assert "variant" in refused.value.remediation

    @pytest.mark.parametrize(
        ("limits", "word"),
        [
            ({"max_options": 2}, "2 options"),
            ({"max_characters_per_option": 9}, "9 characters"),
            ({"min_expiration": 86401}, "86401"),
            ({"max_expiration": 86399}, "86399"),
        ],
    )
    async def test_a_server_that_takes_less(self, limits, word):
        server = Server().on("GET", INSTANCE, answered(body={"configuration": {"polls": LIMITS | limits}}))
        with pytest.raises(ContentRejected, match=word) as refused:
            await self.prepared(server)
        assert refused.value.rule == "pollInvalid"

    async def test_a_server_that_is_down_has_not_refused(self):
        with pytest.raises(PlatformUnavailable):
            await self.prepared(Server().on("GET", INSTANCE, httpx2.Response(503)))


async def test_the_status_with_this_poll_is_found_beside_one_without():
    assert await ask(PLAIN, MATCH) == live(MATCH)
    assert await ask(MATCH, PLAIN, outgoing=replace(ASKING, part=Part("Welche Farbe?"))) == live(PLAIN)


@pytest.mark.parametrize(
    "poll",
    [
        told(" Rot &amp; Grün", "Blau", "Keins!"),
        told(*POLL.options, options_more=1),
        {"options": [{"title": each} for each in POLL.options]},
    ],
)
async def test_what_a_server_does_to_a_poll_leaves_it_the_same(poll):
    assert await ask(MATCH | {"poll": poll}) == live(MATCH)


OTHERS = {
    "none": None,
    "option": told("Rot & Grün", "Blau", "Gelb"),
    "order": told("Blau", "Rot & Grün", "Keins!"),
    "fewer": told("Rot & Grün", "Blau"),
    "more": told(*POLL.options, "Alle"),
    "multiple": told(*POLL.options, multiple=True),
}


@pytest.mark.parametrize("poll", OTHERS.values(), ids=OTHERS)
async def test_another_poll_or_none_is_another_status_where_mastodon_says_so(poll):
    assert await ask(MATCH | {"poll": poll}) == Absent()


@pytest.mark.parametrize("poll", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("instance", [answered(404), answered(body={"version": "2.7.2 (compatible; Other)"})])
async def test_elsewhere_it_may_be_ours_changed_by_the_server(poll, instance):
    assert await ask(MATCH | {"poll": poll}, instance=instance) == Unprovable()


@pytest.mark.parametrize("poll", ["?", {"options": []}, {"options": [{"votes_count": 1}]}, [1], {"id": "1"}])
async def test_a_poll_that_cannot_be_read_proves_nothing_in_either_direction(poll):
    odd = MATCH | {"poll": poll}
    assert await ask(odd) == Unprovable()
    assert await ask(odd, outgoing=replace(ASKING, part=Part("Welche Farbe?"))) == Unprovable()


async def test_a_server_that_says_nothing_of_polls_proves_nothing_of_one():
    silent = {name: value for name, value in MATCH.items() if name != "poll"}
    assert await ask(silent) == Unprovable()
    assert await ask(silent, outgoing=replace(ASKING, part=Part("Welche Farbe?"))) == live(MATCH)


async def test_a_status_with_a_poll_is_not_taken_for_one_that_had_none():
    assert await ask(MATCH, outgoing=replace(ASKING, part=Part("Welche Farbe?"))) == Absent()


async def test_another_text_with_the_same_poll_is_another_status():
    near = MATCH | {"content": "<p>Welche Farbe nehmen wir?</p>"}
    server = listing([near]).on(
        "GET", f"/api/v1/statuses/{near['id']}/source", answered(body={"text": "Welche Farbe nehmen wir?"})
    )
    assert await find(server, ASKING) == Absent()


@pytest.mark.parametrize(("poll", "expected"), [(told(*POLL.options), live(MATCH)), (None, Unprovable())])
async def test_a_text_known_by_its_source_needs_the_poll_too(poll, expected):
    rewritten = MATCH | {"content": "<p>Welche Farbe? (automatisch gekürzt)</p>", "poll": poll}
    source = f"/api/v1/statuses/{rewritten['id']}/source"
    server = listing([rewritten]).on("GET", source, answered(body={"text": "Welche Farbe?"})).on("GET", INSTANCE, answered(404))
    assert await find(server, ASKING) == expected


async def test_the_one_among_several_is_found_by_its_source_though_another_has_the_text():
    rewritten = MATCH | {"id": "77", "content": "<p>Welche Farbe? (gekürzt)</p>"}
    source = "/api/v1/statuses/77/source"
    server = listing([PLAIN, rewritten]).on("GET", source, answered(body={"text": "Welche Farbe?"}))
    assert (await find(server, ASKING)).id == "77"
    assert server.made() == [f"GET {OWN}"] * 2 + [f"GET {source}"]
