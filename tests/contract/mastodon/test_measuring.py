"""Figures of an account and its statuses.

Answers have the form of Mastodon's own pages: entities/Status, entities/Account, methods/statuses (#get, #index), methods/accounts
(#statuses, #verify_credentials). snac's are recorded (data/).
"""

from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from contract.mastodon.server import NOW, Server, answered, recorded, status
from ocma.platforms.connector import Measures
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.mastodon import Mastodon
from ocma.platforms.metrics import Measured, Target

ME, BATCH, OWN = "/api/v1/accounts/verify_credentials", "/api/v1/statuses", "/api/v1/accounts/23634/statuses"
SINCE = NOW - timedelta(days=1)
ACCOUNT = {"id": "23634", "username": "alice", "followers_count": 12, "following_count": 0, "statuses_count": 345}
UNKNOWN = answered(404, {"error": "Record not found"})
MASTODON = Mastodon()


def one(number: int, **counts: object) -> dict:
    return {**status(number, "<p>Hallo</p>"), "replies_count": 1, "reblogs_count": 2, "favourites_count": 3, **counts}


def targets(*entities: dict) -> list[Target]:
    return [Target(each["id"], NOW) for each in entities]


def figures(found: Measured, post: str = "") -> dict[str, float]:
    return {each.measure.metric.key: each.value for each in found.readings if each.post == post}


async def posts(server: Server, since: datetime = SINCE, **access: object) -> list:
    async with aclosing(MASTODON.list_posts(replace(server.access, **access), since)) as found:
        return [each async for each in found]


def test_mastodon_measures():
    assert isinstance(MASTODON, Measures)


async def test_an_account_s_totals():
    server = Server().on("GET", ME, answered(body=ACCOUNT))
    found = await MASTODON.measure_account(server.access, SINCE)
    assert figures(found) == {"followers": 12, "following": 0, "posts": 345}
    assert {(each.start, each.end, each.measure.kind) for each in found.readings} == {(None, None, "total")}


async def test_what_an_account_does_not_tell_is_unknown():
    server = Server().on("GET", ME, answered(body={**ACCOUNT, "followers_count": None, "statuses_count": -1}))
    found = await MASTODON.measure_account(server.access, SINCE)
    assert (figures(found), found.refused) == ({"following": 0}, ("statuses_count",))


async def test_the_zeros_of_a_server_that_does_not_count_are_unknown():
    account = recorded("snac_2.75_statuses.json")[0]["account"]
    assert (account["statuses_count"], account["followers_count"]) == (0, 0)
    found = await MASTODON.measure_account(Server().on("GET", ME, answered(body=account)).access, SINCE)
    assert found == Measured()
    shown = {**account, "followers_count": 7}  # where its user lets them be seen
    assert figures(await MASTODON.measure_account(Server().on("GET", ME, answered(body=shown)).access, SINCE)) == {"followers": 7}


async def test_a_new_account_has_zeros():
    new = {"id": "1", "followers_count": 0, "following_count": 0, "statuses_count": 0, "last_status_at": None}
    found = await MASTODON.measure_account(Server().on("GET", ME, answered(body=new)).access, SINCE)
    assert figures(found) == {"followers": 0, "following": 0, "posts": 0}


async def test_many_statuses_are_asked_for_at_once():
    first, second = one(1, quotes_count=4), one(2, favourites_count=0)
    server = Server().on("GET", BATCH, answered(body=[second, first]))  # in an order of its own
    found = await MASTODON.measure_posts(server.access, targets(first, second))
    assert figures(found, first["id"]) == {"likes": 3, "comments": 1, "shares": 2, "quotes": 4}
    assert figures(found, second["id"]) == {"likes": 0, "comments": 1, "shares": 2}  # before 4.5 nobody counts quotes
    assert (found.refused, found.gone) == ((), ())
    assert server.requests[0].url.params.get_list("id[]") == [first["id"], second["id"]]
    assert len(server.requests) == 1


async def test_what_a_batch_leaves_out_is_asked_for_and_is_gone():
    here, gone = one(1), one(2)
    server = Server().on("GET", BATCH, answered(body=[here])).on("GET", f"{BATCH}/{gone['id']}", UNKNOWN)
    found = await MASTODON.measure_posts(server.access, targets(here, gone))
    assert (len(found.readings), found.gone) == (3, (gone["id"],))


@pytest.mark.parametrize(
    "unaware",
    [
        UNKNOWN,
        answered(405),
        answered(400, {"error": "what?"}),
        answered(403, {"error": "no"}),
        answered(body={"error": "what?"}),
        answered(body=["1", None, 5, {"id": None}]),
        httpx2.Response(200, html="<h1>Welcome</h1>"),
    ],
)
async def test_servers_that_know_no_batch_are_asked_one_by_one(unaware):
    first, second, gone = one(1), one(2), one(3)
    server = Server().on("GET", BATCH, unaware).on("GET", f"{BATCH}/{gone['id']}", answered(410, {"error": "Gone"}))
    for each in (first, second):
        server.on("GET", f"{BATCH}/{each['id']}", answered(body=each))
    found = await MASTODON.measure_posts(server.access, targets(first, second, gone))
    assert [figures(found, each["id"]).get("likes") for each in (first, second, gone)] == [3, 3, None]
    assert found.gone == (gone["id"],)


async def test_one_status_needs_no_batch():
    server = Server().on("GET", f"{BATCH}/{one(1)['id']}", answered(body=one(1)))
    assert figures(await MASTODON.measure_posts(server.access, targets(one(1))), one(1)["id"])["shares"] == 2


async def test_a_look_alike_that_lacks_a_count_leaves_it_unknown():
    bare = {key: value for key, value in one(1).items() if key != "reblogs_count"}
    server = Server().on("GET", f"{BATCH}/{bare['id']}", answered(body={**bare, "favourites_count": "viele"}))
    found = await MASTODON.measure_posts(server.access, targets(bare))
    assert (figures(found, bare["id"]), found.refused) == ({"comments": 1}, ("favourites_count",))


async def test_what_a_server_refuses_of_one_status_it_may_tell_of_others():
    first, second = one(1), one(2)
    server = Server().on("GET", BATCH, answered(404)).on("GET", f"{BATCH}/{first['id']}", answered(400))
    server.on("GET", f"{BATCH}/{second['id']}", answered(body=second))
    found = await MASTODON.measure_posts(server.access, targets(first, second))
    assert ({each.post for each in found.readings}, found.gone) == ({second["id"]}, ())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (answered(401), ReauthorizationRequired),
        (answered(429), Throttled),
        (answered(503), PlatformUnavailable),
        (httpx2.ConnectError("refused"), PlatformUnavailable),
    ],
)
async def test_a_server_that_tells_nothing_is_no_silence(answer, error):
    server = Server().on("GET", ME, answer).on("GET", BATCH, answer).on("GET", OWN, answer)
    with pytest.raises(error):
        await MASTODON.measure_account(server.access, SINCE)
    with pytest.raises(error):
        await MASTODON.measure_posts(server.access, targets(one(1), one(2)))
    with pytest.raises(error):
        await posts(server)


async def test_a_body_in_another_form_is_none():
    with pytest.raises(PlatformUnavailable) as error:
        await MASTODON.measure_account(Server().on("GET", ME, answered(body=["alice"])).access, SINCE)
    assert error.value.rule == "answerUnreadable"


@pytest.mark.parametrize("scopes", [("write:statuses",), ("read:statuses",), ("profile",)])
async def test_missing_scopes_are_told_without_asking(scopes):
    server = Server()
    access = replace(server.access, scopes=scopes)
    for ask in (MASTODON.measure_account(access, SINCE), MASTODON.measure_posts(access, targets(one(1)))):
        with pytest.raises(PermissionMissing) as error:
            await ask
        assert "read:" in (error.value.remediation or "")
    with pytest.raises(PermissionMissing):
        await posts(server, scopes=scopes)
    assert server.requests == []


@pytest.mark.parametrize("scopes", [("read",), ("read:statuses", "profile"), ("read:accounts", "read:statuses"), ()])
async def test_enough_scopes(scopes):
    server = Server().on("GET", ME, answered(body=ACCOUNT))
    assert (await MASTODON.measure_account(replace(server.access, scopes=scopes), SINCE)).readings


def at(hours: float) -> str:
    return f"{NOW - timedelta(hours=hours):%Y-%m-%dT%H:%M:%S.000Z}"


async def test_what_an_account_published_newest_first_with_its_figures():
    entity = {**one(5), "created_at": at(1), "content": "<p>Ein &amp; zwei<br>drei</p>", "spoiler_text": "Achtung"}
    server = Server().on("GET", OWN, answered(body=[entity]), answered(body=[]))
    (seen,) = await posts(server)
    assert (seen.id, seen.text, seen.url) == (entity["id"], "Achtung\n\nEin & zwei\ndrei", entity["url"])
    assert seen.at == NOW - timedelta(hours=1)
    assert figures(Measured(seen.readings), seen.id) == {"likes": 3, "comments": 1, "shares": 2}
    assert dict(server.requests[0].url.params) == {"limit": "40", "exclude_reblogs": "true"}


async def test_pages_are_read_until_the_time_that_is_asked_for():
    first = [{**one(90 - each), "created_at": at(1 + each / 100)} for each in range(40)]
    second = [{**one(40), "created_at": at(24)}, {**one(39), "created_at": at(24.01)}]
    server = Server().on("GET", OWN, answered(body=first), answered(body=second))
    assert [each.id for each in await posts(server)] == [each["id"] for each in (*first, second[0])]
    assert [each.url.params.get("max_id") for each in server.requests] == [None, first[-1]["id"]]


async def test_no_page_is_asked_for_that_is_not_wanted():
    page = [{**one(90 - each), "created_at": at(1)} for each in range(40)]
    server = Server().on("GET", OWN, answered(body=page))
    async with aclosing(MASTODON.list_posts(server.access, SINCE)) as found:
        assert (await anext(found)).id == page[0]["id"]
    assert len(server.requests) == 1


async def test_boosts_and_messages_are_no_posts_and_replies_are():
    boost = {**one(4, reblog=one(1)), "created_at": at(1)}
    message = {**one(3, visibility="direct"), "created_at": at(1)}
    reply = {**one(2, in_reply_to_id="7"), "created_at": at(1)}
    timeless = {**one(1), "created_at": None}
    server = Server().on("GET", OWN, answered(body=[boost, message, reply, timeless]), answered(body=[]))
    assert [each.id for each in await posts(server)] == [reply["id"]]


async def test_a_server_without_pages_is_read_once():
    listed = recorded("snac_2.75_statuses.json")
    server = Server().on("GET", OWN, answered(body=listed))
    found = await posts(server, datetime(2026, 11, 1, tzinfo=UTC))
    assert [each.id for each in found] == [each["id"] for each in listed]
    assert len(server.requests) == 2
