"""Two workspaces in which the same things live ask the same questions, in any order: neither is ever told of the other's."""

import json
import re

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import stage
from inhabited import inhabit
from integration.analytics.ledger import DAY, NOW, Ledger
from ocma import bootstrap
from ocma.entrypoints.api.app import create_app
from ocma.settings import Settings

UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ENDLESS = {"follow_events"}  # a stream: tests/integration/publishing/test_doors.py
SPAN = {"from": (NOW - 3 * DAY).isoformat(), "to": NOW.isoformat()}
# What some routes are asked besides, the same for both.
QUERIES = {
    "show_metrics": ({}, {"timeRange": "30d"}, {"custom": "pull"}, {"platform": "mastodon"}, SPAN),
    "show_history": ({"metric": "followers"}, {"metric": "pull", **SPAN}),
    "export_metrics": ({"timeRange": "30d"}, {"format": "json"}),
}
NAMING = {"show_metrics", "show_history", "export_metrics"}  # an account in their query
ASKED = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PATHS = sorted(create_app().openapi()["paths"].items())
# (operation, path) of each route that reads something of a workspace's.
READS = [(each["get"]["operationId"], path) for path, each in PATHS if each.get("get", {}).get("security")]
READS = [each for each in READS if each[0] not in ENDLESS]


@pytest.fixture(scope="module")
async def opened(services, tmp_path_factory):
    with stage.sandbox() as sandbox, pytest.MonkeyPatch.context() as patch:
        found = stage.environment(services.postgres.app_url, services.valkey.url, sandbox, tmp_path_factory.mktemp("media"))
        for name, value in found.items():
            patch.setenv(name, value)
        async with bootstrap.resources(Settings(_env_file=None)) as resources:
            yield resources


@pytest.fixture(scope="module")
async def tenants(opened):
    return [await lived_in(opened, number) for number in (1, 2)]


async def lived_in(resources, number):
    """With figures, and with formulas of the same name."""
    place = await inhabit(resources)
    ledger = Ledger(resources.database, place.workspace_id)
    for account in place.ids["account_id"]:
        post = await ledger.post(account, NOW - DAY, mark(number), {"likes": number * 1000, "impressions": 9000})
        place.add("post_id", post)
        await ledger.read(account, None, {"followers": number * 1000, "posts": 3})
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(create_app(resources)), base_url="http://api.test") as client:
        body = {"key": "pull", "formula": f"followers / {number}", "name": mark(number)}
        (await client.post("/api/social/metrics/custom", headers=place.key, json=body)).raise_for_status()
    return place


def mark(number):
    return f"Written by tenant {number}."


@pytest.fixture(scope="module")
async def door(opened):
    app = create_app(opened)
    transport = httpx2.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://api.test") as client:
        yield client


def names(path):
    return re.findall(r"\{(\w+)\}", path)


@pytest.mark.parametrize(("operation", "path"), READS, ids=[operation for operation, _ in READS])
@ASKED
@given(data=st.data())
async def test_no_value_crosses(data, door, tenants, operation, path):
    """The very same question of both, one after the other, about what is one's own or the other's."""
    first = data.draw(st.integers(0, 1))
    wanted = {name: drawn(data, tenants, name) for name in names(path)}
    query = dict(data.draw(st.sampled_from(QUERIES.get(operation, ({},)))))
    if operation == "show_history" or (operation in NAMING and data.draw(st.booleans())):
        query["accountId"] = drawn(data, tenants, "account_id")
    for number in (first, 1 - first, first):
        answer = await door.get(path.format(**wanted), headers=tenants[number].key, params=query)
        assert answer.status_code in {200, 304, 403, 404, 409, 422}, answer.text
        theirs, sent = known(tenants[1 - number]), {*wanted.values(), *query.values()}
        assert not (theirs - sent) & {*UUIDS.findall(answer.text)}
        assert mark(2 - number) not in answer.text
        if theirs & sent:
            assert answer.status_code in {403, 404}, answer.text


def known(place):
    return {each for ids in place.ids.values() for each in ids}


def drawn(data, tenants, name):
    """An id of either; of what has none here, such as the key of a formula, what both have."""
    return data.draw(st.sampled_from([each for place in tenants for each in place.ids.get(name, ["pull"])]))


def test_all_that_reads_is_here():
    assert len(READS) > 30


async def test_both_are_told_of_their_own(door, tenants):
    """Else nothing could have crossed."""
    for number, place in enumerate(tenants, 1):
        for _ in range(2):  # made, then at hand
            answer = await door.get("/api/social/metrics", headers=place.key, params={"timeRange": "30d"})
            assert mark(number) in answer.text
            assert json.loads(answer.text)["metrics"]["totalImpressions"] == 9000 * len(place.ids["account_id"])


@pytest.mark.parametrize("path", ["/api/ai/analyze", "/api/ai/optimize"])
async def test_nobodys_history_counts_for_another(door, tenants, path):
    """Also not when its owner has just asked, and what was learned is at hand."""
    body = {"content": "Good morning, everybody.", "platform": "x"}
    for number, place in enumerate(tenants):
        for account in tenants[1 - number].ids["account_id"][:1]:
            told = {**body, "accountId": account}
            assert (await door.post(path, headers=tenants[1 - number].key, json=told)).status_code == 200
            answer = await door.post(path, headers=place.key, json=told)
            assert answer.status_code == 404, answer.text
