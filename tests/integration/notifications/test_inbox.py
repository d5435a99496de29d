"""/api/notifications: what a person has to know, and what each has read."""

import pytest

from answers import good, problem
from integration.notifications.test_spreading import PUBLICATION, run, spread_all
from ocma.features.publishing import stream
from rows import add_rows

NOTIFICATIONS = "/api/notifications"


@pytest.fixture
async def seeded(opened, owner, made):
    """A workspace with a publication and an account, its key, and an inbox that is empty."""
    ids = await add_rows(opened.database)
    key = await made.key(ids["workspace"])
    await owner.execute("DELETE FROM notifications")
    return ids, key


async def failed(opened, ids, error='{"code": "tooLong", "detail": "It is too long.", "remediation": "Shorten it."}'):
    *before, last = PUBLICATION["publication.failed"]
    await run(opened, ids["workspace"], *(f"UPDATE publications SET {each}" for each in before))
    await run(opened, ids["workspace"], f"UPDATE publications SET {last}, error = CAST(:error AS jsonb)", error=error)


async def listed(door, headers, **params):
    return good(await door.get(NOTIFICATIONS, headers=headers, params=params))


async def test_a_failure_is_told_with_the_way_out(opened, door, courier, seeded):
    ids, key = seeded
    await failed(opened, ids)
    await spread_all(courier)
    found = await listed(door, key)
    (told,) = found["data"]
    assert found["unread"] == 1
    assert (told["type"], told["severity"], told["read"]) == ("publication.failed", "error", False)
    assert told["title"] == "A post was not published on @a (mastodon)"
    assert (told["detail"], told["remediation"]) == ("It is too long.", "Shorten it.")
    assert (told["jobId"], told["publicationId"], told["accountId"]) == tuple(
        str(ids[name]) for name in ("post", "publication", "account")
    )


@pytest.mark.parametrize(
    ("statements", "kind", "words"),
    [
        ([f"publications SET {each}" for each in PUBLICATION["publication.held"]], "publication.held", "Is this post live"),
        (["publications SET hold = 'account'"], "publication.held", "A post waits for @a"),
        (["publications SET hold = 'late'"], "publication.held", "A post for @a (mastodon) is late"),
        (["accounts SET status = 'needsReauthorization'"], "account.needsReauthorization", "has to be connected again"),
        (["accounts SET status = 'restricted'"], "account.restricted", "is restricted"),
        (
            [
                "publications SET scheduled_at = now() - interval '3 hours 1 minute'",
                *(f"publications SET {each}" for each in PUBLICATION["publication.published"]),
            ],
            "publication.published",
            "late",
        ),
    ],
)
async def test_what_people_have_to_know(opened, door, courier, seeded, statements, kind, words):
    ids, key = seeded
    await run(opened, ids["workspace"], *(f"UPDATE {each}" for each in statements))
    await spread_all(courier)
    (told,) = (await listed(door, key))["data"]
    assert told["type"] == kind
    assert words in told["title"]
    assert "{" not in told["title"] + told["detail"]
    if kind == "publication.published":
        assert told["detail"] == "It is live, 3 hours after its time."


@pytest.mark.parametrize(
    "statements",
    [
        [f"publications SET {each}" for each in PUBLICATION["publication.published"]],
        ["publications SET state = 'cancelled', due_at = NULL"],
        ["publications SET hold = 'workspace'"],
        ["accounts SET status = 'revoked'"],
    ],
)
async def test_what_goes_well_or_was_wanted_is_not_told(opened, door, courier, seeded, statements):
    ids, key = seeded
    await run(opened, ids["workspace"], *(f"UPDATE {each}" for each in statements))
    await spread_all(courier)
    assert (await listed(door, key)) == {"data": [], "nextCursor": None, "unread": 0}


async def test_a_thread_that_a_person_cut_short_is_not_told(opened, door, courier, seeded):
    ids, key = seeded
    await failed(opened, ids, '{"code": "cancelled", "detail": "Cancelled when a part was live."}')
    await spread_all(courier)
    assert (await listed(door, key))["unread"] == 0


async def fill(owner, workspace, count=3, age="0 s"):
    query = (
        "INSERT INTO notifications (id, workspace_id, kind, at, data) "
        "SELECT new_id(), $1, 'publication.failed', now() - $3::text::interval, '{}' FROM generate_series(1, $2)"
    )
    await owner.execute(query, workspace, count, age)


async def test_each_has_read_what_they_have_read(owner, door, made, workspace, key):
    one, two = await made.member(workspace, "viewer"), await made.member(workspace, "editor")
    await fill(owner, workspace)
    first = (await listed(door, one.headers))["data"][0]
    read = good(await door.post(f"{NOTIFICATIONS}/{first['id']}/read", headers=one.headers))
    assert read == {**first, "read": True}
    assert good(await door.post(f"{NOTIFICATIONS}/{first['id']}/read", headers=one.headers)) == read
    assert [(await listed(door, each))["unread"] for each in (one.headers, two.headers, key)] == [2, 3, 3]
    left = await listed(door, one.headers, unread="true")
    assert [each["id"] for each in left["data"]] == [each["id"] for each in (await listed(door, one.headers))["data"][1:]]
    assert good(await door.post(f"{NOTIFICATIONS}/read", headers=one.headers)) == {"marked": 2}
    assert good(await door.post(f"{NOTIFICATIONS}/read", headers=one.headers)) == {"marked": 0}
    assert [(await listed(door, each))["unread"] for each in (one.headers, two.headers)] == [0, 3]
    await fill(owner, workspace, 1)
    assert (await listed(door, one.headers))["unread"] == 1


async def test_what_was_before_somebody_came_is_no_news_to_them(owner, door, made, workspace):
    await fill(owner, workspace, 4, "1 day")
    late = await made.member(workspace, "viewer")
    found = await listed(door, late.headers)
    assert (len(found["data"]), found["unread"], {each["read"] for each in found["data"]}) == (4, 0, {True})
    assert (await listed(door, late.headers, unread="true"))["data"] == []


async def test_pages(owner, door, key, workspace):
    await fill(owner, workspace, 5)
    first = await listed(door, key, limit=3)
    rest = await listed(door, key, limit=3, cursor=first["nextCursor"])
    ids = [each["id"] for each in first["data"] + rest["data"]]
    assert len(set(ids)) == 5
    assert ids == sorted(ids, reverse=True)
    assert (rest["nextCursor"], rest["unread"]) == (None, 5)


async def test_others_see_and_mark_nothing(owner, door, made, workspace, key):
    await fill(owner, workspace, 1)
    stranger = await made.key(await made.workspace())
    (own,) = (await listed(door, key))["data"]
    assert (await listed(door, stranger))["data"] == []
    problem(await door.post(f"{NOTIFICATIONS}/{own['id']}/read", headers=stranger), 404)
    assert good(await door.post(f"{NOTIFICATIONS}/read", headers=stranger)) == {"marked": 0}
    assert (await listed(door, key))["unread"] == 1


async def test_it_takes_the_scope(door, made, workspace):
    without = await made.key(workspace, "accounts:read")
    for method, tail in (("GET", ""), ("POST", "/read"), ("POST", "/01890a5d-ac96-774b-bcce-b302099a8057/read")):
        problem(await door.request(method, NOTIFICATIONS + tail, headers=without), 403, "scopeMissing")


async def test_accounts_come_through_the_live_stream_and_the_audit_trail_does_not(opened, seeded, door):
    ids, key = seeded
    good(await door.post("/api/keys", headers=key, json={"name": "k", "scopes": ["posts:read"]}), 201)
    await run(opened, ids["workspace"], "UPDATE accounts SET status = 'restricted', status_reason = 'closed'")
    found = [event for _, event in await stream.read(opened.database, ids["workspace"], stream.Position(0, 0))]
    assert [each["type"] for each in found] == ["account.connected", "publication.scheduled", "account.restricted"]
    assert (found[-1]["accountId"], found[-1]["reason"], found[-1]["jobId"]) == (str(ids["account"]), "closed", None)
