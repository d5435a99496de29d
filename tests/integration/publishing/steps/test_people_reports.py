"""Reports know of accounts that come, go and come back, though they are kept for a minute."""

import httpx2

from answers import good, problem
from integration.publishing.steps.people import set_status

URL = "/api/social/metrics"


async def report(door, **query):
    """Whether it was made before, its platforms, and what is wrong with accounts."""
    found = good(await door.get(URL, params=query))
    wrong = {each["code"] for each in found["errors"]} - {"notMeasuredYet"}
    return found["cached"], [each["platform"] for each in found["metrics"]["platformBreakdown"]], wrong


async def walk(door, platform, name):
    begun = good(await door.post("/api/social/authorize", json={"platform": platform}))
    async with httpx2.AsyncClient(timeout=30) as browser:
        answer = await browser.get(f"{begun['url']}&approve=1&account={name}")
    return httpx2.URL(answer.headers["location"]).params


async def test_accounts_that_come_go_and_come_back(door, company):
    await company.connect("mastodon", "first")
    assert await report(door) == (False, ["mastodon"], set())
    assert await report(door) == (True, ["mastodon"], set())

    back = await walk(door, "x", "second")
    body = {"platform": "x", "authCode": back["code"], "state": back["state"]}
    account = good(await door.post("/api/social/connect", json=body))["account"]["id"]
    assert await report(door) == (False, ["mastodon", "x"], set())

    back = await walk(door, "linkedin", "third")
    good(await door.get("/api/social/callback", params={"code": back["code"], "state": back["state"]}))
    assert await report(door) == (False, ["linkedin", "mastodon", "x"], set())
    assert await report(door, platform="x") == (False, ["x"], set())
    assert (await report(door, platform="x"))[0]

    good(await door.delete(f"/api/social/accounts/{account}"))
    assert await report(door) == (False, ["linkedin", "mastodon"], set())
    assert problem(await door.get(URL, params={"platform": "x"}), 404)["code"] == "noAccounts"


async def test_one_that_works_again(door, company):
    account = await company.connect("x", "again")
    await set_status(company, account, "needsReauthorization")
    assert await report(door, accountId=account.id) == (False, ["x"], {"needsReauthorization"})
    good(await door.post(f"/api/social/accounts/{account.id}/refresh"))
    assert await report(door, accountId=account.id) == (False, ["x"], set())
