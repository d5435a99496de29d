"""Every documented error: its leaf, its rule, and something to do about it."""

import pytest

from contract.graph.host import answer, error
from contract.instagram.host import instagram
from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    PermissionMissing,
    PlatformUnavailable,
    PreparationLost,
    ReauthorizationRequired,
    Throttled,
)

DOCUMENTED = [
    (-2, 2207003, PlatformUnavailable, "fetchTooSlow"),
    (-1, 2207001, PlatformUnavailable, "serverError"),
    (24, 2207008, PlatformUnavailable, "containerNotFound"),
    (9007, 2207027, PlatformUnavailable, "containerNotReady"),
    (9004, 2207052, PlatformUnavailable, "fetchFailed"),
    (-2, 2207020, PreparationLost, "containerExpired"),
    (-1, 2207032, PreparationLost, "containerFailed"),
    (-1, 2207053, PreparationLost, "uploadFailed"),
    (24, 2207006, PreparationLost, "containerMissing"),
    (1, 2207057, ContentRejected, "thumbOffset"),
    (100, 2207023, ContentRejected, "mediaType"),
    (-1, 2207028, ContentRejected, "carouselSize"),
    *((100, subcode, ContentRejected, "tags") for subcode in range(2207035, 2207041)),
    (36000, 2207004, ContentRejected, "imageTooLarge"),
    (36001, 2207005, ContentRejected, "imageFormat"),
    (36003, 2207009, ContentRejected, "imageRatio"),
    (36004, 2207010, ContentRejected, "caption"),
    (352, 2207026, ContentRejected, "videoRefused"),
    (-1, 2207076, ContentRejected, "videoRefused"),
    (-1, 2207077, ContentRejected, "videoRefused"),
    (-1, 2207082, ContentRejected, "videoRefused"),
    (-1, 2207081, ContentRejected, "trialReel"),
    (9, 2207042, Throttled, "dailyLimit"),
    (4, 2207051, AccountRestricted, "actionBlocked"),
    (25, 2207050, AccountRestricted, "restricted"),
    (190, 463, ReauthorizationRequired, "tokenExpired"),
    (10, None, PermissionMissing, "notPermitted"),
    (200, None, PermissionMissing, "notPermitted"),
    (1, None, PlatformUnavailable, "unavailable"),
    (2, None, PlatformUnavailable, "unavailable"),
    (4, None, Throttled, "appRateLimited"),
    (17, None, Throttled, "rateLimited"),
    (80002, None, Throttled, "rateLimited"),
    (100, 33, PlatformUnavailable, "objectMissing"),
    (100, None, ContentRejected, "badParameter"),
]


@pytest.mark.parametrize(("code", "subcode", "leaf", "rule"), DOCUMENTED)
def test_an_error(code, subcode, leaf, rule):
    told = instagram().explain(error(code, subcode))
    assert (type(told), told.rule, told.status) == (leaf, rule, 400)
    assert told.remediation
    assert "{" not in told.detail + told.remediation
    assert "nobody may rely" not in told.detail


def test_the_app_stops_only_for_its_own_limit():
    told = instagram().explain(error(4))
    assert told.rule in instagram().manifest.app_wide
    assert instagram().explain(error(4, 2207051)).rule not in instagram().manifest.app_wide


def test_the_daily_limit_is_waited_for():
    assert instagram().explain(error(9, 2207042)).retry_after >= 600


def test_an_error_under_200_is_one():
    assert instagram().refuses(answer({"error": {"code": 190, "message": "x"}}))
