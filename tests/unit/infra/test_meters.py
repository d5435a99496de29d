"""Counting costs a publication next to nothing, and every door counts what it is there for."""

import timeit
from uuid import UUID

import httpx2
import pytest
from prometheus_client import generate_latest

from ocma.infra.meters import Meters
from ocma.infra.waiting import MOST, Waiting
from ocma.platforms.connector import Access
from ocma.platforms.errors import OutcomeUnknown, PlatformError, PlatformUnavailable
from unit.platforms.test_calls import API, Host, Plain


class Clock:
    def __init__(self):
        self.heard = []

    def __call__(self, kind, outcome, seconds):
        assert seconds >= 0
        self.heard.append((kind, outcome))


@pytest.mark.parametrize(
    ("how", "status", "told"),
    [("send", 201, ("publish", "2xx")), ("call", 404, ("other", "4xx")), ("send", 503, ("publish", "5xx"))],
)
async def test_every_call_is_clocked(how, status, told):
    clock = Clock()
    access = Host(httpx2.Response(status)).access(clocked=clock)
    if status < 300:
        await getattr(Plain(), how)(access, "POST", "/x")
    else:
        with pytest.raises(PlatformError):
            await getattr(Plain(), how)(access, "POST", "/x")
    assert clock.heard == [told]


@pytest.mark.parametrize(("error", "told"), [(httpx2.ConnectError, "noConnection"), (httpx2.ReadTimeout, "noAnswer")])
async def test_what_is_not_answered_is_clocked_too(error, told):
    async def lost(request):
        raise error("lost", request=request)

    clock = Clock()
    access = Access(httpx2.AsyncClient(transport=httpx2.MockTransport(lost), base_url=API), clocked=clock)
    with pytest.raises((PlatformUnavailable, OutcomeUnknown)):
        await Plain().send(access, "POST", "/x")
    assert clock.heard == [("publish", told)]


def test_numbers_end_up_in_what_is_scraped():
    meters = Meters()
    meters.calls("x")("publish", "2xx", 0.2)
    meters.calls("x")("publish", "2xx", 0.2)
    meters.sent("x", 0.01)
    meters.refreshed("x", "renewed")
    meters.put_back("x", "quota", UUID(int=1), 60)
    meters.handed_out({"x": 3})
    said = generate_latest(meters.registry).decode()
    assert 'ocma_platform_call_seconds_bucket{kind="publish",le="0.25",outcome="2xx",platform="x"} 2.0' in said
    assert 'ocma_platform_call_seconds_bucket{kind="publish",le="0.1",outcome="2xx",platform="x"} 0.0' in said
    assert 'ocma_send_lateness_seconds_count{platform="x"} 1.0' in said
    assert 'ocma_token_refreshes_total{outcome="renewed",platform="x"} 1.0' in said
    assert 'ocma_publications_put_back_total{platform="x",reason="quota"} 1.0' in said
    assert 'ocma_accounts_waiting{platform="x",reason="quota"} 1.0' in said
    assert 'ocma_publications_handed_out_total{platform="x"} 3.0' in said


def test_accounts_are_counted_once_and_as_long_as_they_wait():
    now = [100.0]
    waiting = Waiting(lambda: now[0])

    def shown():
        (metric,) = waiting.collect()
        return {(each.labels["platform"], each.labels["reason"]): each.value for each in metric.samples}

    for account, seconds in ((1, 60), (1, 30), (2, 90)):
        waiting.add("x", "quota", UUID(int=account), seconds)
    waiting.add("mastodon", "throttled", UUID(int=1), 5)
    assert shown() == {("x", "quota"): 2, ("mastodon", "throttled"): 1}
    now[0] += 45
    assert shown() == {("x", "quota"): 1, ("mastodon", "throttled"): 0}
    now[0] += 45
    assert shown() == {("x", "quota"): 0, ("mastodon", "throttled"): 0}


def test_accounts_that_wait_no_more_are_forgotten():
    now = [0.0]
    waiting = Waiting(lambda: now[0])
    for account in range(MOST):
        waiting.add("x", "quota", UUID(int=account), 1)
    now[0] = 2.0
    waiting.add("x", "quota", UUID(int=MOST), 1)
    assert len(waiting._until) == 1


def test_a_publication_costs_microseconds():
    """Two numbers each; 40 µs would be a tenth of what a publication costs. (Measured: some 2.)"""
    meters = Meters()

    def count():
        meters.calls("x")("publish", "2xx", 0.2)
        meters.sent("x", 0.01)

    count()
    assert min(timeit.repeat(count, number=1000, repeat=10)) / 1000 < 40e-6
