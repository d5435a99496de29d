"""What a workspace used: from rows that are there, by month, without reading what is not asked for."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

import stage
from answers import good, problem
from integration.publishing.steps.people import rows
from ocma.features.publishing import usage

pytestmark = pytest.mark.usefixtures("same_day")

URL = "/api/usage"


def month(back):
    """The first instant of the month so many months ago."""
    now = datetime.now(UTC)
    number = now.year * 12 + now.month - 1 - back
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)


async def age(company, months):
    at = month(months)
    await rows(company, "UPDATE workspaces SET created_at = :at WHERE id = :id", at=at, id=company.caller.workspace_id)


async def done(company, account, state, at, calls=1):
    """A publication that ended at `at` after so many sends; one that failed, now."""
    job = await company.schedule(f"{state} {stage.new_id()}", account, scheduledAt="2099-01-01T00:00:00Z")
    sends = """INSERT INTO attempts (id, workspace_id, publication_id, account_id, attempt, part, fingerprint, state, started_at)
        SELECT gen_random_uuid(), workspace_id, id, account_id, 1, n, 'f', 'refused', :at FROM publications, generate_series(1, :calls) n
        WHERE post_id = :post"""
    await rows(company, sends, at=at, calls=calls, post=job.post.id)
    begun = "UPDATE publications SET state = 'publishing', lease_until = now() + interval '1 h' WHERE post_id = :post"
    await rows(company, begun, post=job.post.id)
    more = ", platform_post_id = :id, published_at = :at" if state == "published" else ""
    end = f"UPDATE publications SET state = '{state}', lease_until = NULL, due_at = NULL{more} WHERE post_id = :post"
    values = {"post": job.post.id} | ({"at": at, "id": str(job.post.id)} if more else {})
    await rows(company, end, **values)


async def test_a_new_workspace_used_nothing(company, door):
    found = good(await door.get(URL))
    assert [each["month"] for each in found["data"]] == [f"{month(0):%Y-%m}"]
    assert found["data"][0] == {
        "month": f"{month(0):%Y-%m}",
        "published": 0,
        "failed": 0,
        "calls": 0,
        "mediaFiles": 0,
        "mediaBytes": 0,
        "platforms": [],
    }
    assert found["nextCursor"] is None
    assert {name: found["now"][name] for name in ("members", "accounts", "mediaFiles", "mediaBytes")} == {
        "members": 0,
        "accounts": 0,
        "mediaFiles": 0,
        "mediaBytes": 0,
    }


async def test_each_is_counted_in_its_month(company, door):
    await age(company, 3)
    x, mastodon = await company.connect("x", "used"), await company.connect("mastodon", "used")
    last_instant = month(0) - timedelta(microseconds=1)
    await done(company, x, "published", month(0), calls=2)
    await done(company, x, "published", last_instant, calls=3)
    await done(company, mastodon, "published", month(1))
    await done(company, mastodon, "failed", month(2) + timedelta(days=3), calls=5)
    await company.keep(PICTURE)
    found = good(await door.get(URL))
    told = {
        each["month"]: {use["platform"]: (use["published"], use["failed"], use["calls"]) for use in each["platforms"]}
        for each in found["data"]
    }
    assert told == {
        f"{month(0):%Y-%m}": {"x": (1, 0, 2), "mastodon": (0, 1, 0)},
        f"{month(1):%Y-%m}": {"x": (1, 0, 3), "mastodon": (1, 0, 1)},
        f"{month(2):%Y-%m}": {"mastodon": (0, 0, 5)},
        f"{month(3):%Y-%m}": {},
    }
    assert [(each["published"], each["failed"], each["calls"]) for each in found["data"]] == [
        (1, 1, 2),
        (2, 0, 4),
        (0, 0, 5),
        (0, 0, 0),
    ]
    assert (found["data"][0]["mediaFiles"], found["data"][0]["mediaBytes"]) == (1, found["now"]["mediaBytes"])
    assert found["now"]["mediaBytes"] == len(PICTURE)
    assert found["now"]["accounts"] == 2


async def test_what_failed_stays_in_its_month(company):
    account = await company.connect("x", "failing")
    await done(company, account, "failed", datetime.now(UTC))
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        later = await usage.get_usage(session, company.caller.workspace_id, month(-2), None, 12)
    assert [(each.month, each.failed) for each in later.data] == [
        (f"{month(-2):%Y-%m}", 0),
        (f"{month(-1):%Y-%m}", 0),
        (f"{month(0):%Y-%m}", 1),
    ]


async def test_page_by_page(company, door):
    await age(company, 4)
    pages, cursor = [], None
    while True:
        found = good(await door.get(URL, params={"limit": 2} | ({"cursor": cursor} if cursor else {})))
        pages.append([each["month"] for each in found["data"]])
        if (cursor := found["nextCursor"]) is None:
            break
    assert pages == [
        [f"{month(0):%Y-%m}", f"{month(1):%Y-%m}"],
        [f"{month(2):%Y-%m}", f"{month(3):%Y-%m}"],
        [f"{month(4):%Y-%m}"],
    ]


@pytest.mark.parametrize("cursor", ["x", "WzFd", "Wzk5OTk5OTk5OV0", "WyJhIl0"])
async def test_a_cursor_of_somewhere_else_is_refused(door, cursor):
    problem(await door.get(URL, params={"cursor": cursor}), 422, "cursor")


async def test_others_are_not_counted(company, door, opened):
    other = await stage.company(opened)
    await done(other, await other.connect("x", "notyours"), "published", datetime.now(UTC))
    await other.keep(PICTURE)
    found = good(await door.get(URL))
    assert found["data"][0]["platforms"] == []
    assert (found["now"]["accounts"], found["now"]["mediaFiles"]) == (0, 0)


async def test_it_takes_two_queries_however_much_there_is(company, door, monkeypatch):
    """As many for three years as for one month."""
    await age(company, 36)
    asked = []

    class Watched:
        def __init__(self, session):
            self._session = session

        async def execute(self, *arguments):
            asked.append(arguments[0])
            return await self._session.execute(*arguments)

    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        found = await usage.get_usage(Watched(session), company.caller.workspace_id, datetime.now(UTC), None, 36)
    assert len(found.data) == 36
    assert len(asked) == 2


async def test_indexes_find_what_it_counts(company):
    """With the planner's word: no table is read whole, of which a workspace owns a part, once it has more than a page of rows."""
    values = {"workspace": company.caller.workspace_id, "since": month(0), "until": month(-1)}
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))  # so few rows here that reading all would be right
        plan = await session.scalar(text(f"EXPLAIN (FORMAT JSON, COSTS OFF) {usage._MONTHS.text}"), values)
    used = {
        node["Index Name"]: node for node in nodes(json.loads(plan) if isinstance(plan, str) else plan) if "Index Name" in node
    }
    assert {"publications_done", "publications_dead", "attempts_account", "media_workspace"} <= set(used)
    assert "published_at" in used["publications_done"]["Index Cond"]
    assert "updated_at" in used["publications_dead"]["Index Cond"]
    assert "started_at" in used["attempts_account"]["Index Cond"]
    assert "workspace_id" in used["media_workspace"]["Index Cond"]


def nodes(plan):
    for each in plan if isinstance(plan, list) else [plan]:
        if "Node Type" in each:
            yield each
        for inner in (each.get("Plan"), each.get("Plans")):
            if inner:
                yield from nodes(inner)


def picture():
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(file, "PNG")
    return file.getvalue()


PICTURE = picture()
