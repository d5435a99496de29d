"""Headers that say a window is used up."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.platforms.limits import LONGEST, Spent, spent
from ocma.platforms.mastodon.manifest import MANIFEST as MASTODON
from ocma.platforms.x.manifest import MANIFEST as X

NOW = datetime(2026, 8, 22, 12, 0, 0, tzinfo=UTC)
UNIX = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("manifest", "headers", "found"),
    [
        (X, {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(UNIX + 90)}, [Spent("account", 90)]),
        (X, {"x-rate-limit-remaining": "10", "x-rate-limit-reset": str(UNIX + 90)}, []),
        (
            X,
            {
                "x-app-limit-24hour-remaining": "0",
                "x-app-limit-24hour-reset": str(UNIX + 3600),
                "x-user-limit-24hour-remaining": "0",
                "x-user-limit-24hour-reset": str(UNIX + 60),
            },
            [Spent("account", 60), Spent("app", 3600)],
        ),
        (X, {"x-rate-limit-remaining": "0"}, []),
        (X, {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(UNIX - 5)}, [Spent("account", 0)]),
        (X, {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(UNIX + 10**9)}, [Spent("account", LONGEST)]),
        (
            MASTODON,
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-08-22T12:05:00.123456Z"},
            [Spent("account", 300.123456)],
        ),
    ],
)
def test_what_is_used_up_and_for_how_long(manifest, headers, found):
    assert spent(manifest.limit_headers, headers, NOW) == [Spent(each.of, pytest.approx(each.seconds)) for each in found]


def test_the_servers_clock_counts():
    headers = {
        "date": "Sat, 22 Aug 2026 11:50:00 GMT",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "2026-08-22T11:51:00Z",
    }
    assert spent(MASTODON.limit_headers, headers, NOW) == [Spent("account", 60)]


@given(st.text(), st.text(), st.text())
def test_nothing_a_server_sends_breaks_it(remaining, reset, date):
    for manifest in (X, MASTODON):
        names = [name for each in manifest.limit_headers for name in (each.remaining, each.reset)]
        headers = dict.fromkeys(names[::2], "0") | dict.fromkeys(names[1::2], reset) | {"date": date, names[0]: remaining}
        assert all(0 <= each.seconds <= LONGEST for each in spent(manifest.limit_headers, headers, NOW))
