"""Bodies that nobody means, at every door of accounts, media and posts: a 4xx that says what is wrong and where, never a 500."""

import json

import pytest
from aiohttp.resolver import ThreadedResolver

from answers import refused
from ocma.features.accounts.models import Account
from ocma.ids import new_id

NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057"
JSON = {"Content-Type": "application/json"}
POST = {"content": "x", "platforms": ["x"], "scheduledAt": "now"}
BODIES = {  # every door that takes JSON, with a body that its schema takes
    "authorize": ("POST", "/api/social/authorize", {"platform": "x"}),
    "connect": ("POST", "/api/social/connect", {"platform": "x", "authCode": "c"}),
    "schedule": ("POST", "/api/queue/schedule", POST),
    "resolve": ("POST", f"/api/queue/jobs/{NOBODY}/publications/{NOBODY}/resolve", {"outcome": "notPublished"}),
    "describe": ("PATCH", f"/api/media/{NOBODY}", {"altText": "x"}),
}
FINE = (("altText", None), ("platforms", ["x"]))
every_body = pytest.mark.parametrize("door", BODIES)


@pytest.fixture
async def account(make, database, resources):
    """An account to post to; no platform is asked before a post is due."""
    workspace, now = await make.workspace(), resources.clock()
    row = Account(
        id=new_id(),
        workspace_id=workspace,
        platform="x",
        host="",
        platform_account_id="1",
        name="A",
        handle="@a",
        scopes=[],
        status="active",
        connected_at=now,
        updated_at=now,
    )
    async with database.transaction(workspace) as session:
        session.add(row)
    return row


@pytest.fixture
async def key(make, account):
    return await make.key(account.workspace_id)


async def send(api, key, door, body, **headers):
    method, path, _ = BODIES[door]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await api.request(method, path, headers={**key, **JSON, **headers}, content=content)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setattr(ThreadedResolver, "resolve", nowhere)


async def nowhere(_, host, *more):
    """As far as a name gets without a network."""
    host.encode("idna")
    raise OSError(None, "There is no network here.")


# Bodies ----------------------------------------------------------------------------------------------------------------------


@every_body
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}{}",
        b"'",
        b"\xff\xfe",
        b'{"platform": "\xc3\x28"}',
        b'{"content": "a\x00b"}',
        b'{"platform": NaN}',
        b"[" * 100_000,
        b'{"x": ' * 50_000 + b"1" + b"}" * 50_000,
        b"1" * 10_000,
        b"null",
        b"[]",
        b"0",
        b'"text"',
        b"true",
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_bodies_that_are_no_object(api, key, door, body):
    assert refused(await send(api, key, door, body)) == ["body"]


@every_body
async def test_ten_megabytes(api, key, door):
    answer = await send(api, key, door, b'"' + b"x" * 10 * 1024 * 1024 + b'"')
    assert (answer.status_code, refused(answer, "tooLarge")) == (413, ["body"])


@every_body
async def test_a_name_twice(api, key, door):
    _, _, good = BODIES[door]
    name = next(iter(good))
    body = json.dumps(good)[:-1].encode() + f', "{name}": "other"}}'.encode()
    answer = await send(api, key, door, body)
    assert refused(answer, "invalidJson") == ["body"]
    assert repr(name) in answer.json()["detail"]
    nested = json.dumps(good)[:-1].encode() + b', "deep": [{"twice": 1, "twice": 1}]}'
    assert refused(await send(api, key, door, nested), "invalidJson") == ["body"]


@every_body
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "", "*/*"]
)
async def test_other_content_types(api, key, door, kind):
    _, _, good = BODIES[door]
    assert refused(await send(api, key, door, good, **{"Content-Type": kind})) == ["body"]


@every_body
async def test_a_field_nobody_knows(api, key, door):
    _, _, good = BODIES[door]
    assert refused(await send(api, key, door, {**good, "colour": "red"}), "unknownField") == ["colour"]


@every_body
@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\udfff", "a\\udc00\\ud800b"])
async def test_characters_that_cannot_be_stored(api, key, door, text):
    _, _, good = BODIES[door]
    for name in good:
        body = json.dumps({**good, name: "@"}).replace('"@"', f'"{text}"').encode()
        assert refused(await send(api, key, door, body), "invalidCharacter") == [name]


@every_body
@pytest.mark.parametrize("value", [None, 1, -1, 2**63, 10**300, 1e308, True, [], {}, ["x"], [[[]]], {"a": {"b": {}}}])
async def test_values_of_another_kind(api, key, door, value):
    _, _, good = BODIES[door]
    for name in good:
        if (name, value) not in FINE:
            found = refused(await send(api, key, door, {**good, name: value}))
            assert {path.split(".")[0] for path in found} == {name}, (name, found)


# What is in them ---------------------------------------------------------------------------------------------------------------


MANY = ["x"] * 1000
WRONG = [
    ("authorize", {"platform": ""}, "platform"),
    ("authorize", {"platform": "x" * 41}, "platform"),
    ("authorize", {"platform": "myspace"}, "platform"),
    ("authorize", {"platform": "x\u202e"}, "platform"),
    ("authorize", {"redirectUri": "javascript:alert(1)"}, "redirectUri"),
    ("authorize", {"redirectUri": "//evil.example"}, "redirectUri"),
    ("authorize", {"redirectUri": "https://[::1"}, "redirectUri"),
    ("authorize", {"redirectUri": "https://x.example/#part"}, "redirectUri"),
    ("authorize", {"redirectUri": "https://x.example/a\nb"}, "redirectUri"),
    ("authorize", {"redirectUri": "https://x.example:99999/"}, "redirectUri"),
    ("authorize", {"redirectUri": "https://x.example/" + "a" * 2000}, "redirectUri"),
    ("authorize", {"platform": "mastodon"}, "host"),
    ("authorize", {"platform": "mastodon", "host": "../etc"}, "host"),
    ("authorize", {"platform": "mastodon", "host": "a b"}, "host"),
    ("authorize", {"platform": "mastodon", "host": "user@host"}, "host"),
    ("authorize", {"platform": "mastodon", "host": "host/path?x"}, "host"),
    ("authorize", {"platform": "mastodon", "host": "x" * 301}, "host"),
    ("authorize", {"platform": "mastodon", "host": "мастодон.рф"}, "host"),
    ("connect", {"authCode": ""}, "authCode"),
    ("connect", {"authCode": "x" * 4001}, "authCode"),
    ("connect", {"authCode": "cödé"}, "authCode"),
    ("connect", {"authCode": "a\r\nb"}, "authCode"),
    ("connect", {"codeVerifier": "é" * 43}, "codeVerifier"),
    ("connect", {"state": "never issued"}, "state"),
    ("connect", {"state": "x" * 501}, "state"),
    ("connect", {}, "state"),
    ("schedule", {"content": "x" * 100_001}, "content"),
    ("schedule", {"platforms": []}, "platforms"),
    ("schedule", {"platforms": MANY}, "platforms"),
    ("schedule", {"platforms": ["x", ""]}, "platforms.1"),
    ("schedule", {"platforms": ["x", "myspace"]}, "platforms.1"),
    ("schedule", {"platforms": ["x", "mastodon"]}, "platforms.1"),
    ("schedule", {"accountIds": [NOBODY]}, "accountIds.0"),
    ("schedule", {"accountIds": ["../../etc"]}, "accountIds.0"),
    ("schedule", {"accountIds": [NOBODY] * 1000}, "accountIds"),
    ("schedule", {"mediaIds": [NOBODY]}, "mediaIds"),
    ("schedule", {"mediaIds": [NOBODY, 7]}, "mediaIds.1"),
    ("schedule", {"mediaIds": [NOBODY] * 1000}, "mediaIds"),
    ("schedule", {"mediaUrls": ["https://x.example/a.png"] * 1000}, "mediaUrls"),
    ("schedule", {"thread": MANY}, "thread"),
    ("schedule", {"thread": ["a", {"content": "b", "mediaIds": ["c"]}]}, "thread.1"),
    ("schedule", {"metadata": {"hashtags": MANY}}, "metadata.hashtags"),
    ("schedule", {"metadata": {"mood": "good"}}, "metadata.mood"),
    ("schedule", {"variants": {"myspace": {"content": "y"}}}, "variants.myspace"),
    ("schedule", {"variants": {"x": {"content": "y"}, "twitter": {"content": "z"}}}, "variants.twitter"),
    ("schedule", {"variants": {"mastodon": {"content": "y"}}}, "variants.mastodon"),
    ("schedule", {"variants": {"x": {"text": "y"}}}, "variants.x.text"),
    ("schedule", {"variants": {"x": {"options": {"volume": 11}}}}, "variants.x.options.volume"),
    ("schedule", {"variants": {"x": {"options": {"made_with_ai": {"deep": [[]]}}}}}, "variants.x.options.made_with_ai"),
    ("schedule", {"variants": {"x": {"options": {"made_with_ai": 1}}}}, "variants.x.options.made_with_ai"),
    ("schedule", {"variants": {f"p{n}": {} for n in range(1000)}}, "variants"),
    ("schedule", {"maxAttempts": 0}, "maxAttempts"),
    ("schedule", {"maxAttempts": 2**63}, "maxAttempts"),
    ("schedule", {"maxAttempts": 10**100}, "maxAttempts"),
    ("schedule", {"maxAttempts": "5"}, "maxAttempts"),
    ("schedule", {"maxAttempts": True}, "maxAttempts"),
    ("schedule", {"onUnknown": "resend"}, "onUnknown"),
    ("resolve", {"outcome": "perhaps"}, "outcome"),
    ("resolve", {"outcome": "published", "url": "x" * 2001}, "url"),
    ("describe", {"altText": "x" * 10_001}, "altText"),
]


@pytest.mark.parametrize(("door", "change", "path"), WRONG, ids=lambda value: str(value)[:60])
async def test_fields_that_cannot_be_meant(api, key, door, change, path):
    _, _, good = BODIES[door]
    found = refused(await send(api, key, door, {**good, **change}))
    assert found[0] == path or found[0].startswith(f"{path}."), found


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "x",
        "/etc/passwd",
        "file:///etc/passwd",
        "ftp://x.example/a.png",
        "data:image/png;base64,AAAA",
        "http://",
        "http:///a.png",
        "http://[::1",
        "http://[::1]/",
        "http://127.0.0.1:1/a.png",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://user:pw@x.example/",
        "http://x.example:99999/",
        "http://x.example:-1/",
        "http://x.example:a/",
        "http://exa mple/",
        "http://a..b/",
        "http://" + "a" * 64 + ".example/",
        "http://" + "a." * 200 + "example/",
        "http://xn--a/",
        "http://\u2024/",
        "http://\u00ad/",
        "http://ex\tample/",
        "http://x.example/\r\nHost: y",
        "https://x.example/" + "a" * 2000,
    ],
)
async def test_addresses_of_files(api, key, url):
    answer = await send(api, key, "schedule", {**POST, "mediaUrls": [url]})
    assert (answer.status_code, refused(answer)) == (422, ["mediaUrls.0"])


@pytest.mark.parametrize(
    "at",
    [
        "",
        "soon",
        "0000-00-00T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2030-02-30T00:00:00Z",
        "2030-01-01",
        "20300101T000000Z",
        "12:00",
        "1893456000",
        "1e10",
        "-1",
        1893456000,
        1e308,
        10**400,
        "2030-01-01T25:00:00Z",
        "2030-01-01T00:00:00+99:99",
        "10000-01-01T00:00:00Z",
        "2030-01-01T00:00:00[Europe/Berlin]",
        "now ",
        "NOW",
    ],
    ids=lambda value: str(value)[:40],
)
async def test_times_that_are_none(api, key, at):
    found = refused(await send(api, key, "schedule", {**POST, "scheduledAt": at}))
    assert all(path.startswith("scheduledAt") for path in found)


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
async def test_wall_times_beyond_the_calendar(api, key, edge):
    for zone in ("Asia/Tokyo", "America/New_York"):
        answer = await send(api, key, "schedule", {**POST, "scheduledAt": edge, "timezone": zone})
        known = "timeTooFar" if answer.status_code == 422 and answer.json()["code"] == "timeTooFar" else "timeInvalid"
        assert answer.status_code == 202 or refused(answer, known) == ["scheduledAt"], answer.text


@pytest.mark.parametrize(
    "zone",
    [
        "",
        " ",
        ".",
        "..",
        "../etc/passwd",
        "/etc/passwd",
        "Europe",
        "Europe/",
        "Europe/Berlin/..",
        "Europe/Berlin/x",
        "Europe\\Berlin",
        "Mars/Olympus",
        "+02:00",
        "UTC+2",
        "zone.tab",
        "tzdata.zi",
        "__init__.py",
        "Ünicode/Ŝtadt",
        "a" * 64,
        "a" * 65,
        "Europe/Berlin\n",
    ],
)
async def test_zones_that_are_none(api, key, zone):
    at = "2030-01-01T00:00:00"
    assert refused(await send(api, key, "schedule", {**POST, "scheduledAt": at, "timezone": zone})) == ["timezone"]


async def test_a_dry_run_misspelt_publishes_nothing(api, key):
    answer = await api.post("/api/queue/schedule?dry_run=true", headers=key, json=POST)
    assert refused(answer, "unknownParameter") == ["dry_run"]
    for odd in ("maybe", "", "2", "true&dryRun=false"):
        answer = await api.post(f"/api/queue/schedule?dryRun={odd}", headers=key, json=POST)
        assert refused(answer) == ["dryRun"]
    assert (await api.get("/api/queue/jobs", headers=key)).json()["data"] == []


@every_body
@pytest.mark.parametrize("value", [b"", b" ", b"a b", b"a\r\nX-Admin: yes", b"a\x00b", b"\xff", "ключ".encode(), b"k" * 256])
async def test_idempotency_keys(api, key, door, value):
    _, _, good = BODIES[door]
    answer = await send(api, key, door, good, **{"Idempotency-Key": value})
    assert (answer.status_code, refused(answer, "idempotencyKey")) == (400, ["Idempotency-Key"])
    assert "x-admin" not in answer.headers
