"""What we published is measured as ours, thread and all, whichever side tells of it first."""

import json
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from integration.analytics.tally import Post
from ocma.ids import new_id

HOUR = timedelta(hours=1)


async def publish(world, *ids, first_comment=False, variants=None, at=None):
    """As publishing leaves it."""
    post, publication = new_id(), new_id()
    parts = [{"text": f"Part {each}.", "mediaIds": []} for each in ids]
    content = {"parts": parts, "options": {}, **({"firstComment": True} if first_comment else {})}
    known = {
        "w": world.workspace, "post": post, "publication": publication, "account": world.account.id, "at": at or world.clock.now,
        "content": json.dumps(content), "variants": json.dumps(variants or {}), "first": ids[0],
        "progress": json.dumps({"parts": [{"id": each, "url": f"https://tally.example/{each}"} for each in ids]}),
    }  # fmt: skip
    async with world.collector.database.transaction(world.workspace) as session:
        await session.execute(
            text(
                "INSERT INTO posts (id, workspace_id, content, variants, scheduled_at, wall_time, timezone, created_by) VALUES "
                "(:post, :w, CAST(:content AS jsonb), CAST(:variants AS jsonb), now(), now()::timestamp, 'UTC', 'operator')"
            ),
            known,
        )
        await session.execute(
            text(
                "INSERT INTO publications (id, workspace_id, post_id, account_id, platform, state, scheduled_at, max_attempts, on_unknown, "
                "progress, platform_post_id, published_at) VALUES (:publication, :w, :post, :account, 'tally', 'published', now(), 5, "
                "'settle', CAST(:progress AS jsonb), :first, :at)"
            ),
            known,
        )
    return publication


async def test_a_thread_is_a_post_for_each_part_and_a_first_comment_is_none(world):
    thread = await publish(world, "a1", "a2")
    comment = await publish(world, "b1", "b2", first_comment=True, variants={"tally": {"text": "For Tally."}})
    await world.look()
    found = {name: (each.publication_id, each.part, each.content, each.url) for name, each in (await world.posts()).items()}
    assert found == {
        "a1": (thread, 0, "Part a1.", "https://tally.example/a1"),
        "a2": (thread, 1, "Part a2.", "https://tally.example/a2"),
        "b1": (comment, 0, "For Tally.", "https://tally.example/b1"),
    }


async def test_an_hour_after_it_went_live_it_is_measured(world):
    await world.look()
    world.clock.forward(minutes=3)
    born = world.clock.now
    await publish(world, "a1")
    world.books.add(Post("a1", born, hearts=4))
    await world.until(born + HOUR + timedelta(minutes=10))
    found = await world.samples("hearts", "a1")
    assert [value for _, value in found] == [4]
    assert HOUR <= found[0][0] - born < HOUR + timedelta(minutes=10)


async def test_the_platform_may_tell_of_it_first(world):
    """Seen in a listing while its worker has not written down yet that it is live."""
    born = world.clock.now - timedelta(minutes=2)
    world.books.add(Post("a1", born, text="Part a1."))
    await world.look()
    assert (await world.posts())["a1"].publication_id is None
    publication = await publish(world, "a1", at=born)
    await world.until(world.clock.now + HOUR)
    post = (await world.posts())["a1"]
    assert (post.publication_id, post.part) == (publication, 0)
    assert len(await world.posts()) == 1


async def test_what_is_told_of_days_late_is_found_all_the_same(world):
    """A publication whose outcome a person settled: it was live long before it was known to be."""
    world.collector = replace(world.collector, every=timedelta(days=1))
    await world.until(world.clock.now + timedelta(days=9))
    await publish(world, "late", at=world.clock.now - timedelta(days=6))
    await world.until(world.clock.now + timedelta(hours=49))
    assert "late" in await world.posts()


async def test_a_post_that_comes_back_is_looked_at_again(world):
    world.books.add(Post("p", world.clock.now - HOUR * 20))
    await world.look()
    world.books.posts["p"].gone = True
    await world.turn()
    assert (await world.posts())["p"].gone_at
    world.books.posts["p"].gone = False
    await world.until(world.clock.now + HOUR * 25)
    post = (await world.posts())["p"]
    assert post.gone_at is None
    assert post.next_measure_at is not None
