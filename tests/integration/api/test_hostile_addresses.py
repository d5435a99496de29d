"""Addresses and headers that nobody means, at every door of accounts, media and posts: a 4xx that says what is wrong and where."""

import pytest

from answers import problem, refused
from ocma.features.paging import encode_cursor

NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057"
LISTS = ["/api/social/accounts", "/api/media", "/api/queue/jobs", "/api/queue/dead", "/api/experiments"]
BY_ID = {  # every door with ids in its path
    "GET": ["social/accounts/{}", "media/{}", "media/{}/content", "queue/jobs/{}", "queue/jobs/{}/timeline", "experiments/{}"],
    "DELETE": ["social/accounts/{}", "media/{}", "experiments/{}"],
    "POST": [
        "social/accounts/{}/refresh",
        "queue/jobs/{}/cancel",
        "queue/jobs/{}/retry",
        "queue/dead/{}/requeue",
        "experiments/{}/stop",
    ],
}
EVERY_ID = [(method, f"/api/{path}") for method, all_of_it in BY_ID.items() for path in all_of_it]


@pytest.mark.parametrize(("method", "path"), EVERY_ID)
@pytest.mark.parametrize(
    "junk", ["x", "0", "-1", "9" * 400, f"{NOBODY}0", NOBODY[:-1] + "g", "%ff", "%C3%28", "null", "' OR 1=1 --"]
)
async def test_ids_that_are_none(api, key, method, path, junk):
    found = refused(await api.request(method, path.format(junk), headers=key), "uuidParsing")
    assert len(found) == 1
    assert found[0].endswith("_id")


@pytest.mark.parametrize(("method", "path"), EVERY_ID)
async def test_ids_of_nobody(api, key, method, path):
    problem(await api.request(method, path.format(NOBODY), headers=key), 404, "notFound")
    assert refused(await api.request(method, path.format("%00"), headers=key), "requestLine") == ["path"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", ["0", "-1", "101", str(2**63), "9" * 5000, "1.5", "x", "", "%00", "0x10", "1e2", "١"])
async def test_limits(api, key, path, limit):
    found = refused(await api.get(f"{path}?limit={limit}", headers=key))
    assert found in (["limit"], ["query"])


OTHERS = {  # cursors that other lists gave, and such that none did
    "a list of numbers": encode_cursor(7),
    "ids": encode_cursor(NOBODY),
    "times and ids": encode_cursor("2030-01-01T00:00:00Z", NOBODY),
    "the first year": encode_cursor("0001-01-01T00:00:00+14:00", NOBODY),
    "the last year": encode_cursor("9999-12-31T23:59:59-14:00", NOBODY),
    "Unix time": encode_cursor(1893456000, NOBODY),
    "too many": encode_cursor(NOBODY, NOBODY, NOBODY),
    "none": encode_cursor(),
    "null": encode_cursor(None, None),
    "text with NUL": encode_cursor("\0", NOBODY),
    "no JSON": "AAAA",
    "no base64": "~~~~",
    "half": "W",
    "bytes": "%ff%fe",
    "too long": "W" * 501,
    "a NUL": "%00",
}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("cursor", OTHERS)
async def test_cursors(api, key, path, cursor):
    fitting = "times and ids" if "queue" in path else "ids"
    answer = await api.get(f"{path}?cursor={OTHERS[cursor]}", headers=key)
    if cursor == fitting:
        assert answer.status_code == 200
    else:
        assert refused(answer) in (["cursor"], ["query"])


@pytest.mark.parametrize("path", [*LISTS, "/api/social/platforms", f"/api/queue/jobs/{NOBODY}", "/api/queue/events"])
async def test_parameters_nobody_knows(api, key, path):
    assert refused(await api.get(f"{path}?dryrun=true", headers=key), "unknownParameter") == ["dryrun"]
    for odd in ("", "%F0%9F%A6%8A", "limit%5B%5D", "x" * 5000):
        assert len(refused(await api.get(f"{path}?{odd}=1", headers=key), "unknownParameter")) == 1


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("status=lost", "status"),
        ("status=pending&status=failed", "status"),
        ("from=soon", "from"),
        ("from=0", "from"),
        ("from=2030-01-01T00:00:00", "from"),
        ("to=0001-01-01T00:00:00%2B14:00", "to"),
        ("to=9999-12-31T23:59:59-14:00", "to"),
        ("from=%00", "query"),
    ],
)
async def test_which_jobs(api, key, query, path):
    assert refused(await api.get(f"/api/queue/jobs?{query}", headers=key)) == [path]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("", "state"),
        ("state=", "state"),
        ("state=" + "x" * 501, "state"),
        ("state=x&code=" + "x" * 4001, "code"),
        ("state=x&code=%C3%A9", "code"),
        ("state=x&code=a%0D%0Ab", "code"),
        ("state=x&code=c", "state"),
        ("state=x", "code"),
        ("state=x&error=access_denied", "code"),
        ("state=%00&code=c", "query"),
        ("state=%ff&code=c", "state"),
    ],
)
async def test_the_way_back_from_a_platform(api, query, path):
    assert refused(await api.get(f"/api/social/callback?{query}")) == [path]


# Headers -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [b"x", b"a\r\nX-Admin: yes", b"1-", b"-1", b"1-1-1", "١-١".encode(), b"9" * 30 + b"-1", b"1" * 60]
)
async def test_event_ids(api, key, value):
    assert refused(await api.get("/api/queue/events", headers={**key, "Last-Event-ID": value})) == ["Last-Event-ID"]


@pytest.mark.parametrize("value", [b"x", b"\xff", NOBODY.encode() + b"\r\n", b"0" * 500])
async def test_workspace_ids(api, key, value):
    for path in (*LISTS, "/api/social/platforms"):
        assert refused(await api.get(path, headers={**key, "X-Workspace-Id": value})) == ["X-Workspace-Id"]


@pytest.mark.parametrize(
    "value", [b"", b"Bearer", b"Bearer ", b"Basic eDp5", b"Bearer \xff", b"Bearer a\r\nb", b"Bearer " + b"x" * 60_000]
)
async def test_credentials(api, value):
    for path in (*LISTS, "/api/queue/events"):
        problem(await api.get(path, headers={"Authorization": value}), 401)
