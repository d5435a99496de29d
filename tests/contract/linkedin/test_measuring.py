"""What is asked for figures, held to LinkedIn's pages as it goes over the wire."""

from datetime import UTC, datetime

import pytest

from contract.linkedin.host import MEMBER, PAGE, SHARE, Host, answer
from ocma.platforms.linkedin import LinkedIn
from ocma.platforms.linkedin.measures import MEMBER_DAYS, MEMBER_POSTS
from ocma.platforms.metrics import Target

LINKEDIN = LinkedIn(lambda: datetime(2026, 11, 23, 12, tzinfo=UTC))
SINCE = datetime(2026, 11, 16, tzinfo=UTC)
UGC = "urn:li:ugcPost:6844785523593134081"
NONE = {"paging": {"start": 0, "count": 10, "links": []}, "elements": []}
CREATOR = ("r_member_postAnalytics", "r_member_profileAnalytics")


def empty(count):
    return [answer(200, NONE) for _ in range(count)]


def member(host, entity="ugc"):
    return host.access(MEMBER, CREATOR, settings={"version": "202609", "ugc_entity": entity})


async def test_a_page_by_the_day():
    host = Host(answer(200, {"firstDegreeSize": 5}), *empty(2))
    assert [each.value for each in (await LINKEDIN.measure_account(host.access(PAGE), SINCE)).readings] == [5]
    assert host.left == 0


async def test_posts_of_a_page_of_both_kinds():
    host = Host(*empty(2))
    await LINKEDIN.measure_posts(host.access(PAGE), [Target(SHARE, SINCE), Target("urn:li:share:7", SINCE), Target(UGC, SINCE)])
    assert host.left == 0


async def test_a_member_by_the_day():
    host = Host(*empty(2 + len(MEMBER_DAYS)))
    await LINKEDIN.measure_account(member(host), SINCE)
    assert host.left == 0


@pytest.mark.parametrize("entity", ["ugc", "ugcPost"])
async def test_a_members_posts_one_metric_to_a_call(entity):
    host = Host(*empty(2 * len(MEMBER_POSTS)))
    await LINKEDIN.measure_posts(member(host, entity), [Target(SHARE, SINCE), Target(UGC, SINCE)])
    assert host.left == 0


async def test_the_list_of_a_pages_posts():
    host = Host(*empty(1))
    assert [each async for each in LINKEDIN.list_posts(host.access(PAGE), SINCE)] == []
