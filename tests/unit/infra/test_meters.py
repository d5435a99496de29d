"""Counting costs a publication next to nothing, and every door counts what it is there for."""

import timeit

import httpx2
import pytest
from prometheus_client import generate_latest

from ocma.infra.meters import Meters
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
    meters.put_back("x", "quota")
    meters.handed_out({"x": 3})
    said = generate_latest(meters.registry).decode()
    assert 'ocma_platform_call_seconds_bucket{kind="publish",le="0.25",outcome="2xx",platform="x"} 2.0' in said
    assert 'ocma_platform_call_seconds_bucket{kind="publish",le="0.1",outcome="2xx",platform="x"} 0.0' in said
    assert 'ocma_send_lateness_seconds_count{platform="x"} 1.0' in said
    assert 'ocma_token_refreshes_total{outcome="renewed",platform="x"} 1.0' in said
    assert 'ocma_publications_put_back_total{platform="x",reason="quota"} 1.0' in said
    assert 'ocma_publications_handed_out_total{platform="x"} 3.0' in said


def test_a_publication_costs_microseconds():
    """Two numbers each; 40 µs would be a tenth of what a publication costs. (Measured: some 2.)"""
    meters = Meters()

    def count():
        meters.calls("x")("publish", "2xx", 0.2)
        meters.sent("x", 0.01)

    count()
    assert min(timeit.repeat(count, number=1000, repeat=10)) / 1000 < 40e-6
