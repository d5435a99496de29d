"""GET /api/social/metrics/export, read back by programs."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from answers import good, problem
from integration.analytics.ledger import DAY, NOW, Ledger
from ocma.features.analytics import export
from ocma.features.analytics.period import period
from ocma.platforms.registry import manifests

URL = "/api/social/metrics/export"
FORMULA = '=HYPERLINK("https://evil.example")'


@pytest.fixture
def ledger(database, workspace):
    return Ledger(database, workspace)


async def rows(api, key, **query):
    answer = await api.get(URL, headers=key, params={"timeRange": "30d", **query})
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_csv_reads_back_what_is_known(api, key, ledger):
    account = await ledger.account("x", "@me")
    await ledger.post(account, NOW - 2 * DAY, 'Two\nlines, "quoted"', {"impressions": 200, "likes": 10, "shares": 2})
    await ledger.post(account, NOW - DAY, FORMULA)
    await ledger.post(account, NOW - 60 * DAY, "too old")
    unread, read = await rows(api, key)
    assert list(read) == [*export.FIXED, *export.metric_names()]
    assert read["content"] == 'Two\nlines, "quoted"'
    assert (read["platform"], read["account"], read["accountId"]) == ("x", "'@me", str(account))
    assert (read["impressions"], read["likes"], read["interactions"], read["engagement"]) == ("200", "10", "12", "6")
    assert (read["reach"], read["goneAt"]) == ("", ""), "unknown is empty, not 0"
    assert unread["content"] == f"'{FORMULA}", "no spreadsheet runs it"
    assert (unread["measuredAt"], unread["likes"], unread["engagement"]) == ("", "", "")


async def test_json_has_the_same_rows(api, key, ledger):
    account = await ledger.account("x", "@me")
    await ledger.post(account, NOW - DAY, FORMULA, {"likes": 10, "impressions": 80})
    answer = await api.get(URL, headers=key, params={"timeRange": "30d", "format": "json"})
    (row,) = json.loads(answer.content)
    assert (row["content"], row["account"], row["likes"], row["reach"]) == (FORMULA, "@me", 10, None)
    assert answer.headers["content-disposition"].startswith('attachment; filename="metrics-')
    assert answer.headers["content-disposition"].endswith('.json"')


async def test_no_posts_are_an_empty_table(api, key, ledger):
    await ledger.account("x")
    assert await rows(api, key) == []
    assert json.loads((await api.get(URL, headers=key, params={"format": "json"})).content) == []


async def test_thousands_come_page_by_page_each_once(api, key, ledger, resources, workspace):
    account = await ledger.account("x")
    await ledger.run(
        "INSERT INTO account_posts (id, workspace_id, account_id, platform_post_id, published_at, seen_at) "
        "SELECT uuidv7(), :workspace, :account, n::text, now() - (n / 3) * interval '1 minute', now() FROM generate_series(1, 20000) n",
        workspace=workspace,
        account=account,
    )
    largest = 0

    async def watched(found):
        nonlocal largest
        async for page in found:
            largest = max(largest, len(page))
            yield page

    question = export.Question(period(datetime.now(UTC), "30d", None, None))
    numbers = [
        row["platformPostId"]
        for line in [
            b"".join([part async for part in export.as_csv(watched(export.pages(resources.reader, workspace, question)))])
        ]
        for row in csv.DictReader(io.StringIO(line.decode(), newline=""))
    ]
    assert sorted(map(int, numbers)) == list(range(1, 20001))
    assert largest == export.PAGE
    assert len(await rows(api, key)) == 20000


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_the_columns_are_found_once_not_for_every_row(api, key, ledger, monkeypatch, form):
    account, asked = await ledger.account("x"), []
    for number in range(5):
        await ledger.post(account, NOW - DAY, f"words {number}", {"likes": number})
    monkeypatch.setattr(export, "manifests", lambda: asked.append(1) or manifests())
    answer = await api.get(URL, headers=key, params={"timeRange": "30d", "format": form})
    assert all(f"words {number}" in answer.text for number in range(5))
    assert len(asked) <= 2, "for the rows, and for a header"


async def test_only_what_is_asked_for(api, key, make, ledger):
    x, mastodon = await ledger.account("x"), await ledger.account("mastodon")
    await ledger.post(x, NOW - DAY, "here")
    await ledger.post(mastodon, NOW - DAY, "there")
    assert [each["content"] for each in await rows(api, key, platform="mastodon")] == ["there"]
    assert [each["content"] for each in await rows(api, key, accountId=str(x))] == ["here"]
    stranger = await make.key(await make.workspace())
    assert problem(await api.get(URL, headers=stranger), 404)["code"] == "noAccounts", "told before the first byte"
    assert problem(await api.get(URL, headers=key, params={"format": "xls"}), 422)["errors"][0]["path"] == "format"
    assert good(await api.get("/api/social/metrics", headers=key))["metrics"]["totalPosts"] == 2
