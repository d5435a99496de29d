"""Settling an unknown outcome from what the server lists."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from contract.mastodon.server import Server, answered, recorded, status
from ocma.platforms.connector import Absent, Published, Unprovable
from ocma.platforms.content import Media, Outgoing, Part
from ocma.platforms.errors import PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.mastodon import Mastodon

OWN, HOME = "/api/v1/accounts/23634/statuses", "/api/v1/timelines/home"
ME, INSTANCE = "/api/v1/accounts/verify_credentials", "/api/v2/instance"
SENT_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HELLO = Outgoing(Part("Hallo Welt"), 0, "k", options={"visibility": "public"}, first_sent_at=SENT_AT)
MATCH = status(900, "<p>Hallo Welt</p>")


def at(seconds: float) -> str:
    return f"{SENT_AT + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.000Z}"


def listing(*pages: list[dict]) -> Server:
    """An account's statuses as Mastodon pages them: an empty page is the end."""
    return Server().on("GET", OWN, *(answered(body=page) for page in pages), answered(body=[]))


def others(count: int, first: int = 800, seconds: float = 60, **more: object) -> list[dict]:
    return [
        status(first - each, f"<p>Etwas anderes Nr. {first - each}</p>", at(seconds - each * 0.01), **more)
        for each in range(count)
    ]


async def find(server: Server, outgoing: Outgoing = HELLO):
    return await Mastodon().find(server.access, outgoing)


def live(entity: dict) -> Published:
    return Published(entity["id"], entity["url"], datetime.fromisoformat(entity["created_at"]))


async def test_the_status_is_found_with_its_id_url_and_time():
    server = listing([*others(3), MATCH])
    assert await find(server) == live(MATCH)
    query = dict(server.requests[0].url.params)
    assert query == {"limit": "40", "exclude_reblogs": "true"}


async def test_it_is_found_on_a_later_page():
    first = others(40)
    server = listing(first, [MATCH])
    assert await find(server) == live(MATCH)
    assert server.requests[1].url.params["max_id"] == first[-1]["id"]


async def test_looking_ends_with_what_is_older_than_the_sending():
    server = listing(others(40), others(40, first=700, seconds=-3600))
    assert await find(server) == Absent()
    assert len(server.requests) == 2


async def test_nothing_was_lost_that_was_never_sent():
    server = Server()
    assert await find(server, replace(HELLO, first_sent_at=None)) == Absent()
    assert server.requests == []


@pytest.mark.parametrize(
    "change",
    [
        {"content": "<p>Hallo Welten</p>"},
        {"created_at": at(-3600)},
        {"in_reply_to_id": "115"},
        {"media_attachments": [{"id": "1"}], "content": "<p>Hallo</p>"},
        {"reblog": status(1, "<p>Hallo Welt</p>")},
    ],
    ids=["text", "time", "parent", "files", "boost"],
)
async def test_another_status_is_not_taken_for_it(change):
    other = MATCH | change
    server = listing([other, *others(1, seconds=-4000)])
    server.on("GET", f"/api/v1/statuses/{other['id']}/source", answered(404))
    assert await find(server) == Absent()


async def test_one_that_is_known_as_another_is_not_taken_for_it():
    assert await find(listing([MATCH]), replace(HELLO, others=frozenset({MATCH["id"]}))) == Absent()


async def test_a_reply_is_found_under_its_parent_only():
    root, reply = MATCH, MATCH | {"id": "1159", "in_reply_to_id": "115"}
    assert await find(listing([reply, root]), replace(HELLO, reply_to="115")) == live(reply)
    assert await find(listing([reply, root])) == live(root)


async def test_the_number_of_files_tells_statuses_without_text_apart():
    file = Media("m", "image", "image/png", 3, lambda: None)
    silent = replace(HELLO, part=Part("", (file, file)))
    one, two = ({"content": "", "media_attachments": [{"id": str(each)} for each in range(count)]} for count in (1, 2))
    pictures = MATCH | two
    assert await find(listing([MATCH | {"id": "1"} | one, pictures]), silent) == live(pictures)


async def test_files_that_a_server_adds_for_links_are_no_contradiction():
    """snac 2.75 attaches the images that Markdown in the text shows."""
    assert await find(listing([MATCH | {"media_attachments": [{"id": "1"}]}])) == live(MATCH)


async def test_a_clock_that_lags_does_not_hide_it():
    slow = MATCH | {"created_at": at(-240)}
    assert await find(listing([slow])) == live(slow)


async def test_a_clock_that_lags_does_not_hide_it_on_a_later_page():
    slow = MATCH | {"created_at": at(-240)}
    assert await find(listing(others(40, seconds=-60), [slow])) == live(slow)


async def test_of_two_alike_the_first_since_the_sending_is_it():
    before, mine, later = (status(900 + place, "<p>Hallo Welt</p>", at(seconds)) for place, seconds in enumerate((-30, 1, 90)))
    assert await find(listing([later, mine, before])) == live(mine)


async def test_the_source_decides_where_a_server_rewrote_the_text():
    rewritten = MATCH | {"content": "<p>Hallo Welt (automatisch gekürzt)</p>"}
    source = f"/api/v1/statuses/{rewritten['id']}/source"
    server = listing([rewritten, *others(5)]).on(
        "GET", source, answered(body={"id": "1", "text": "Hallo Welt", "spoiler_text": ""})
    )
    assert await find(server) == live(rewritten)
    assert f"GET {source}" in server.made()


@pytest.mark.parametrize(
    "told", [answered(404), answered(403), answered(200, {"no": "text"}), answered(200, {"text": "Anderes"})]
)
async def test_a_source_that_tells_nothing_or_another_text_proves_nothing(told):
    near = MATCH | {"content": "<p>Hallo Welt!!! 2</p>"}
    server = listing([near]).on("GET", f"/api/v1/statuses/{near['id']}/source", told)
    assert await find(server) == Absent()


async def test_few_sources_are_asked_for():
    near = [MATCH | {"id": str(each), "content": f"<p>Hallo Welt {each}</p>"} for each in range(30)]
    server = listing(near)
    for each in near:
        server.on("GET", f"/api/v1/statuses/{each['id']}/source", answered(body={"text": f"Hallo Welt {each['id']}"}))
    assert await find(server) == Absent()
    assert sum(made.endswith("/source") for made in server.made()) == 3


async def test_what_its_author_typed_is_believed():
    """snac 2.75 gives `text` with every status."""
    typed = MATCH | {"content": "Hallo<br><hr>ganz anders", "text": "Hallo  Welt"}
    assert await find(listing([typed])) == live(typed)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx2.Response(503), PlatformUnavailable),
        (httpx2.ReadTimeout("slow"), PlatformUnavailable),
        (answered(429), Throttled),
        (answered(401), ReauthorizationRequired),
        (httpx2.Response(200, html="<h1>Maintenance</h1>"), PlatformUnavailable),
        (answered(200, {"error": "?"}), PlatformUnavailable),
        (answered(200, [{"id": "1", "media_attachments": "?"}]), PlatformUnavailable),
        (answered(206, [None]), PlatformUnavailable),
    ],
)
async def test_an_answer_that_lists_nothing_readable_never_proves_absence(answer, expected):
    with pytest.raises(expected):
        await find(Server().on("GET", OWN, answer))


@pytest.mark.parametrize("code", [400, 404, 410, 422])
async def test_a_server_that_does_not_list_an_accounts_statuses_cannot_be_asked(code):
    assert await find(Server().on("GET", OWN, answered(code, {"error": "?"}))) == Unprovable()


async def test_a_failure_on_a_later_page_never_proves_absence():
    with pytest.raises(PlatformUnavailable):
        await find(Server().on("GET", OWN, answered(body=others(40)), httpx2.Response(500)))


async def test_an_account_that_posted_more_than_is_read_cannot_be_settled():
    def page(request: httpx2.Request) -> httpx2.Response:
        number = int(str(request.url.params.get("max_id", "115800000000100000"))[-8:])
        return answered(body=others(40, first=number - 1))

    server = Server().on("GET", OWN, page).on("GET", HOME, page)
    assert await find(server) == Unprovable()
    assert len(server.requests) == 20


class TestServersWithoutPages:
    """snac 2.75 answers every query with its latest 256 public statuses of the account; its home timeline has pages."""

    def server(self, own: list[dict], home: list[dict]) -> Server:
        def page(request: httpx2.Request) -> httpx2.Response:
            ids = [each["id"] for each in home]
            start = ids.index(request.url.params["max_id"]) + 1 if "max_id" in request.url.params else 0
            return answered(body=home[start : start + 40])

        return Server().on("GET", OWN, answered(body=own)).on("GET", HOME, page).on("GET", INSTANCE, answered(404))

    async def test_a_short_list_is_all_there_is(self):
        server = self.server(others(5), [])
        assert await find(server) == Absent()
        assert server.made() == [f"GET {OWN}"] * 2

    async def test_a_list_that_reaches_back_far_enough_is_enough(self):
        assert await find(self.server([*others(50), *others(50, first=700, seconds=-4000)], [])) == Absent()

    async def test_a_full_list_is_completed_from_the_home_timeline(self):
        everything = others(300)
        strangers = others(20, first=400, account={"id": "99"})
        assert await find(self.server(everything[:256], [*strangers, *everything])) == Absent()
        assert await find(self.server(everything[:256], [*everything, MATCH])) == live(MATCH)

    async def test_a_home_timeline_without_the_accounts_own_proves_nothing(self):
        assert await find(self.server(others(256), others(20, account={"id": "99"}))) == Unprovable()

    async def test_a_strangers_status_is_not_taken_for_it(self):
        everything = others(256)
        assert await find(self.server(everything, [MATCH | {"account": {"id": "99"}}, *everything])) == Absent()


class TestVisibility:
    """Not every server shows an account its own private statuses among its statuses (snac 2.75 does not)."""

    PRIVATE = replace(HELLO, options={"visibility": "private"})
    SEEN = status(700, "<p>Früher</p>", at(-9000), visibility="private")

    def server(self, own: list[dict], home: list[dict], instance: httpx2.Response | None = None) -> Server:
        server = listing(own).on("GET", HOME, answered(body=home), answered(body=[]))
        return server.on("GET", INSTANCE, instance or answered(404))

    async def test_it_is_found_in_the_home_timeline(self):
        match = MATCH | {"visibility": "private"}
        assert await find(self.server([], [match]), self.PRIVATE) == live(match)

    async def test_its_absence_is_proved_by_a_list_that_holds_another(self):
        assert await find(self.server([self.SEEN], []), self.PRIVATE) == Absent()
        assert await find(self.server([], [self.SEEN]), self.PRIVATE) == Absent()

    async def test_its_absence_is_proved_by_mastodon_proper(self):
        mastodon = answered(body={"domain": "social.example", "version": "4.7.0", "api_versions": {"mastodon": 11}})
        assert await find(self.server([], [], mastodon), self.PRIVATE) == Absent()

    @pytest.mark.parametrize(
        "instance", [answered(404), answered(200, {}), answered(200, {"api_versions": None}), answered(401 + 2)]
    )
    async def test_elsewhere_it_is_not_proved(self, instance):
        assert await find(self.server([], [], instance), self.PRIVATE) == Unprovable()

    async def test_a_direct_one_is_not_proved_by_a_private_one(self):
        assert await find(self.server([self.SEEN], []), replace(HELLO, options={"visibility": "direct"})) == Unprovable()

    @pytest.mark.parametrize(("privacy", "expected"), [("public", Absent()), ("unlisted", Absent()), ("private", Unprovable())])
    async def test_the_accounts_default_counts_where_none_was_chosen(self, privacy, expected):
        server = self.server([], []).on("GET", ME, answered(body={"id": "23634", "source": {"privacy": privacy}}))
        assert await find(server, replace(HELLO, options={})) == expected


SENT_TO_SNAC = [
    "priv to @alice@localhost:8187",
    "[md](https://example.com/x) ![img](https://example.com/i.png)",
    "emoji 👩‍👩‍👧‍👧 :) ;-) :shrug: X-D :nosuch:",
    "mail a@b.c @alice@localhost:8187 @alice",
]


@pytest.mark.parametrize("text", SENT_TO_SNAC)
async def test_each_status_recorded_from_snac_is_found_by_what_was_sent(text):
    """data/snac_2.75_statuses.json: GET /api/v1/timelines/home of a snac 2.75, 2026-11-22, after sending these texts."""
    entities = recorded("snac_2.75_statuses.json")
    (expected,) = [each for each in entities if each["text"] == text]
    sent_at = datetime.fromisoformat(expected["created_at"])
    found = await find(listing(entities), replace(HELLO, part=Part(text), first_sent_at=sent_at))
    assert found == live(expected)
    assert sorted(each["text"] for each in entities) == sorted(SENT_TO_SNAC)
