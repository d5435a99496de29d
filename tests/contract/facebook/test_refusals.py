"""Every error that the Graph API documents, and what it means."""

import pytest

from contract.facebook.description import recorded
from contract.facebook.host import PAGE, Host, facebook
from contract.graph.host import answer, error
from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    DuplicateContent,
    PermissionMissing,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.limits import spent
from ocma.platforms.meta.usage import LIMITS

LEAVES = {
    PlatformUnavailable: [(1,), (2,), (100, 33), (999, 1363047), (100, 1609010), (100, 99)],
    Throttled: [(4,), (17,), (32,), (341,), (613,), (80001,), (80002,), (368, 1390008)],
    ReauthorizationRequired: [(102,), *((190, each) for each in (None, 458, 459, 460, 463, 464, 467, 492, 12345))],
    PermissionMissing: [(3,), (10,), (200,), (210,), (283,), (299,)],
    AccountRestricted: [(368,), (100, 1404006), (100, 1404078), (100, 1404112), (100, 4854002), (368, 1404006)],
    DuplicateContent: [(506,), (100, 1366051)],
    ContentRejected: [(100,), *((100, each) for each in (1609005, 1346003, 1404102, 1609008, 2061006, 2069019, 1366046))],
}
CASES = [(codes, leaf) for leaf, listed in LEAVES.items() for codes in listed]


@pytest.mark.parametrize("status", [200, 400, 403])
@pytest.mark.parametrize(("codes", "leaf"), CASES, ids=str)
async def test_codes_decide_whatever_the_status(codes, leaf, status):
    host = Host(error(*codes, status=status))
    with pytest.raises(leaf) as refused:
        await facebook().call(host.access(), "GET", f"/v26.0/{PAGE}")
    assert type(refused.value) is leaf
    found = refused.value
    assert (found.platform, found.status) == ("facebook", status)
    assert found.rule
    assert found.remediation
    assert "{" not in f"{found.detail}{found.remediation}"
    assert "Words that nobody" not in f"{found.detail}{found.remediation}"


def test_what_is_transient_is_no_fault_of_the_post():
    assert isinstance(facebook().explain(error(100, is_transient=True)), PlatformUnavailable)
    assert isinstance(facebook().explain(error(9999, is_transient=True)), PlatformUnavailable)
    assert isinstance(facebook().explain(error(190, 463, is_transient=True)), ReauthorizationRequired)
    assert isinstance(facebook().explain(error(4, is_transient=True)), Throttled)


@pytest.mark.parametrize(
    ("response", "leaf"),
    [
        (answer({}, 500), PlatformUnavailable),
        (error(190, status=503), PlatformUnavailable),
        (answer(b"<html>", 502), PlatformUnavailable),
        (answer(b"", 302), PlatformUnavailable),
        (answer(b"", 408), PlatformUnavailable),
        (answer(b"", 429), Throttled),
        (answer(b"", 401), ReauthorizationRequired),
        (answer([], 403), PermissionMissing),
        (answer({"error": "text"}, 404), ContentRejected),
        (answer(b"[" * 60_000, 400), ContentRejected),
        (answer(b"x" * 100_000, 400), ContentRejected),
        (answer({"error": {"code": "190"}}, 400), ReauthorizationRequired),
        (answer({"error": {"code": None, "error_subcode": []}}, 400), ContentRejected),
        (answer(recorded("error"), 400), ContentRejected),
        (error(1500), ContentRejected),  # codes that nobody documents: the status has the say
        (error(300), ContentRejected),
        (error(1500, status=403), PermissionMissing),
    ],
    ids=str,
)
def test_bodies_of_all_sorts(response, leaf):
    assert type(facebook().explain(response)) is leaf


def test_the_headers_know_for_how_long():
    business = '{"1755": [{"type": "pages", "call_count": 100, "total_cputime": 1, "total_time": 2, "estimated_time_to_regain_access": 7}]}'
    refusal = facebook().explain(answer({"error": {"code": 80001}}, 400, x_business_use_case_usage=business))
    assert (refusal.rule, refusal.retry_after) == ("rateLimited", 420)
    assert facebook().explain(error(32)).retry_after == 300
    refusal = facebook().explain(error(4))
    assert (refusal.rule, refusal.retry_after) == ("appRateLimited", 300)
    assert refusal.rule in facebook().manifest.app_wide


async def test_usage_is_told_in_the_common_tongue_before_anything_is_refused():
    app = '{"call_count": 85, "total_cputime": 3, "total_time": 90}'
    host = Host(answer({"id": PAGE}, x_app_usage=app), answer({"id": PAGE}, x_app_usage='{"call_count": 79}'))
    connector, access = facebook(), host.access()
    await connector.call(access, "GET", f"/v26.0/{PAGE}")
    await connector.call(access, "GET", f"/v26.0/{PAGE}")
    (told,) = host.told
    (hold,) = spent(LIMITS, told, connector._clock())
    assert hold.of == "app"
    assert hold.seconds == pytest.approx(30, abs=2)
    assert connector.manifest.limit_headers == LIMITS
