"""What an account has posted, as models learn from it."""

import json

import pytest

from integration.analytics.ledger import DAY, HOUR, NOW, Ledger
from ocma.features.assistant.audience import find_demographic
from ocma.features.assistant.history import MOST, find_history
from ocma.ids import new_id


@pytest.fixture
def ledger(database, workspace):
    return Ledger(database, workspace)


async def told(database, workspace, account, platform="mastodon"):
    async with database.reading(workspace) as session:
        return await find_history(session, workspace, account, platform, NOW)


async def test_settled_posts_with_figures_oldest_first(database, workspace, ledger):
    account = await ledger.account()
    await ledger.post(account, NOW - 3 * DAY, "the second #tag", {"likes": 3, "comments": 1, "shares": 2, "clicks": 50})
    await ledger.post(account, NOW - 9 * DAY, "the first", {"engagements": 7})
    await ledger.post(account, NOW - 2 * DAY + HOUR, "still being liked", {"likes": 9})
    await ledger.post(account, NOW - 5 * DAY, "nothing is told of this one", {"clicks": 4})
    await ledger.post(account, NOW - 5 * DAY, "nor of this", {})
    await ledger.post(account, NOW - 5 * DAY, None, {"likes": 4})
    other = await ledger.account()
    await ledger.post(other, NOW - 5 * DAY, "another account's", {"likes": 4})
    found = await told(database, workspace, account)
    assert [(each.draft.raw, each.engagement, each.media) for each in found] == [
        ("the first", 7, None),
        ("the second #tag", 6, None),
    ]
    assert found[1].draft.hashtags == ("tag",)


async def test_a_strangers_history_is_empty(database, workspace, ledger, make):
    account = await ledger.account()
    await ledger.post(account, NOW - 3 * DAY, "mine", {"likes": 3})
    assert len(await told(database, workspace, account)) == 1
    assert await told(database, await make.workspace(), account) == []


async def test_the_newest_of_very_many(database, workspace, ledger):
    account = await ledger.account()
    await ledger.run(
        "INSERT INTO account_posts (id, workspace_id, account_id, platform_post_id, content, published_at, seen_at) "
        "SELECT gen_random_uuid(), :workspace, :account, 'p' || n, 'post ' || n, CAST(:at AS timestamptz) - n * interval '1 minute', now() "
        "FROM generate_series(1, :many) n",
        workspace=workspace, account=account, at=NOW - 3 * DAY, many=MOST + 5,
    )  # fmt: skip
    await ledger.run(
        "INSERT INTO metric_series (workspace_id, account_id, post_id, metric, name, unit, kind, latest, latest_at) "
        "SELECT workspace_id, account_id, id, 'likes', 'l', 'count', 'total', 5, now() FROM account_posts WHERE account_id = :account",
        account=account,
    )
    found = await told(database, workspace, account)
    assert len(found) == MOST
    assert (found[-1].draft.raw, found[0].draft.raw) == ("post 1", f"post {MOST}")


@pytest.mark.parametrize(
    ("kinds", "content", "media"),
    [
        ((), "just words", "status"),
        ((), "see https://example.org/a", "link"),
        (("image",), "see https://example.org/a", "photo"),
        (("image", "video"), "both", "video"),
    ],
)
async def test_what_a_post_of_ours_was(database, workspace, ledger, kinds, content, media):
    account, post, publication = await ledger.account(), new_id(), new_id()
    files = []
    for kind in kinds:
        files.append(new_id())
        await ledger.run(
            "INSERT INTO media (id, workspace_id, kind, mime_type, size, sha256, created_by) "
            "VALUES (:id, :workspace, :kind, 'x/y', 1, 'x', 'operator')",
            id=files[-1], workspace=workspace, kind=kind,
        )  # fmt: skip
    content_of = {"parts": [{"text": "x", "mediaIds": [str(each) for each in files]}], "options": {}}
    await ledger.run(
        "INSERT INTO posts (id, workspace_id, content, scheduled_at, wall_time, timezone, created_by) "
        "VALUES (:id, :workspace, CAST(:content AS jsonb), now(), CAST(now() AS timestamp), 'UTC', 'operator')",
        id=post, workspace=workspace, content=json.dumps(content_of),
    )  # fmt: skip
    await ledger.run(
        "INSERT INTO publications (id, workspace_id, post_id, account_id, platform, scheduled_at, due_at, max_attempts, on_unknown) "
        "VALUES (:id, :workspace, :post, :account, 'mastodon', now(), now(), 5, 'settle')",
        id=publication, workspace=workspace, post=post, account=account,
    )  # fmt: skip
    await ledger.post(account, NOW - 4 * DAY, content, {"likes": 1}, publication_id=publication, part=0)
    await ledger.post(account, NOW - 4 * DAY, "its second part", {"likes": 1}, publication_id=publication, part=1)
    found = await told(database, workspace, account)
    assert [(each.draft.raw, each.media) for each in found] == [(content, media)]


async def test_who_follows(database, workspace, ledger):
    account = await ledger.account("instagram")
    async with database.reading(workspace) as session:
        assert await find_demographic(session, account) is None
    for group, count in {
        "age=18-24": 10,
        "age=25-34": 30,
        "gender=F": 25,
        "gender=M": 15,
        "country=DE": 40,
        "city=Ulm": 2,
    }.items():
        await ledger.read(account, None, {("followers", "follower_demographics"): count}, group=group)
    await ledger.read(account, None, {"followers": 40})
    async with database.reading(workspace) as session:
        assert await find_demographic(session, account) == "age 25-34 (75 %), gender F (62 %), country DE (100 %)"
