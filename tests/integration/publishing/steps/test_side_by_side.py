"""What is worked together: how much at once, and what is done but once for all of it."""

import asyncio
from collections import Counter
from contextvars import ContextVar

import by_hand
import stage
from ocma.features.accounts import tokens
from ocma.features.publishing.lanes import Lanes

of = ContextVar("of", default="")  # the platform that is worked for


async def test_no_more_calls_at_once_than_a_platform_is_to_have_and_others_do_not_wait_for_it(company):
    """X stands still in as many calls as it may have; Mastodon's go out."""
    accounts = [await company.connect("x", f"lane{number}") for number in range(5)]
    other = await company.connect("mastodon", "lane")
    calling, open_again = Counter[str](), asyncio.Event()

    async def reached(step):
        calling[of.get()] += {"send": 1, "answered": -1}.get(step, 0)
        if step == "send" and of.get() == "x":
            assert calling["x"] <= 2
            await asyncio.wait_for(open_again.wait(), 20)

    async with by_hand.hand(company, lanes=Lanes(20, 2), reached=reached) as hand:
        slow = [await company.schedule(f"lane {number}", each) for number, each in enumerate(accounts)]
        quick = await company.schedule("beside", other)
        found = await hand.claim()

        async def work(platform):
            of.set(platform)
            await hand.work([each for each in found if each.platform == platform])

        working = asyncio.create_task(work("x"))
        await stage.until(lambda: calls(calling, 2), 10)
        await asyncio.create_task(work("mastodon"))
        assert (await company.job(quick.post.id)).status == "completed"
        open_again.set()
        await working
    assert {(await company.job(each.post.id)).status for each in slow} == {"completed"}


async def calls(calling, count):
    return calling["x"] == count or None


async def test_a_token_is_opened_once_for_all_of_an_accounts_posts(company, hand, monkeypatch):
    opened, usual = [], tokens.unseal
    monkeypatch.setattr(tokens, "unseal", lambda *told: opened.append(told[2].id) or usual(*told))
    one, two = [await company.connect("x", name) for name in ("opened1", "opened2")]
    jobs = [await company.schedule(f"opened {number}", one) for number in range(5)] + [await company.schedule("opened", two)]
    assert await hand.step() == 6
    assert Counter(opened) == {one.id: 1, two.id: 1}
    assert {(await company.job(each.post.id)).status for each in jobs} == {"completed"}
