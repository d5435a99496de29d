"""Our sandbox beside the real PDS: the same questions, the same answers. Where the sandbox strays, what it proves of us is worth less."""

import re
import secrets
from dataclasses import dataclass

import pytest
from joserfc.jwk import ECKey

from integration.sandbox.bluesky_walks import (
    AT,
    PNG,
    POST,
    REPO,
    SERVER,
    BlueskyApp,
    BlueskyUser,
    MachineClock,
)
from ocma_sandbox.config import Config
from ocma_sandbox.server import running
from real.pds_walk import connect

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

TIDS = "234567abcdefghijklmnopqrstuvwxyz"
NOBODY = "did:plc:" + "a" * 24
OTHER = "bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"


@dataclass(frozen=True)
class Sides:
    """The same account on both: with an app password's session, and with OAuth's."""

    sandbox: BlueskyUser
    real: BlueskyUser
    bound_sandbox: BlueskyUser
    bound_real: BlueskyUser


@pytest.fixture(scope="module")
async def sides(pds):
    chosen = {
        "bluesky": {"handle_domain": "test", "rate_factor": 0, "blob_limit": 5_242_880, "password": pds.users["alice"].password}
    }
    with running(Config(settings=chosen)) as url:
        sandbox, real = BlueskyApp(url, MachineClock()), BlueskyApp(pds.url, MachineClock(), prefix="")
        alice = pds.users["alice"]
        signed = {"identifier": alice.handle, "password": alice.password}
        yield Sides(
            sandbox.login("alice", **signed),
            real.login("alice", **signed),
            sandbox.connect("alice"),
            await connect(real, pds, alice),
        )


def tid():
    return "3" + "".join(secrets.choice(TIDS) for _ in range(12))


def plain(user, response):
    """What was answered, without what must differ: whose, when, and by which server."""
    text = response.text.replace(user.did, "DID").replace(user.app.base, "BASE")
    text = re.sub(r"\b[3-7][2-7a-z]{12}\b", "TID", text)
    text = re.sub(r'"commit":\{[^}]*\}', '"commit":{}', text)
    if not response.is_success:
        return response.status_code, text
    body = response.json()
    return response.status_code, sorted(body) if isinstance(body, dict) else body


def same(sides, ask, *, bound=False):
    """Asks both; the answers, sandbox first. `key` in a question is a record key that is new on both."""
    pair = (sides.bound_sandbox, sides.bound_real) if bound else (sides.sandbox, sides.real)
    key = tid()
    ours, theirs = (ask(user, key) for user in pair)
    assert plain(pair[0], ours) == plain(pair[1], theirs)
    return ours, theirs


def embedded(kind, **embed):
    return {"embed": {"$type": f"app.bsky.embed.{kind}", **embed}}


RECORDS = [
    {},
    {"text": ""},
    {"text": "a" * 301},
    {"text": "\N{GRINNING FACE}" * 300},
    {"text": "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}" * 280},
    {"text": None},
    {"text": "a\r\nb", "langs": ["zh-Hans"]},
    {"createdAt": "2026-02-30T00:00:00Z"},
    {"createdAt": "2026-02-32T00:00:00Z"},
    {"createdAt": "2026-13-01T00:00:00Z"},
    {"createdAt": "2026-01-01T25:00:00Z"},
    {"createdAt": "2026-01-01T00:00:00.1234567890Z"},
    {"createdAt": "2026-11-23T00:00:00+01:00"},
    {"createdAt": "2026-11-23 00:00:00Z"},
    {"createdAt": "2026-11-23T00:00:00-00:00"},
    {"langs": ["en", "de", "fr", "it"]},
    {"langs": ["english_language!"]},
    {"langs": "en"},
    {"tags": ["x" * 65]},
    {"tags": [""]},
    {"facets": [{"index": {"byteStart": 0, "byteEnd": 99}, "features": []}]},
    {"facets": [{"index": {"byteStart": 0}, "features": []}]},
    {"facets": [{"index": {"byteStart": True, "byteEnd": 1}, "features": []}]},
    {"facets": [{"index": {"byteStart": 0, "byteEnd": 1}, "features": [{"uri": "https://a.b"}]}]},
    {
        "facets": [
            {"index": {"byteStart": 0, "byteEnd": 1}, "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "a b"}]}
        ]
    },
    {
        "facets": [
            {"index": {"byteStart": 0, "byteEnd": 1}, "features": [{"$type": "app.bsky.richtext.facet#mention", "did": "a.b"}]}
        ]
    },
    {"reply": {"root": {"uri": "https://a.b", "cid": OTHER}, "parent": {"uri": "at://a.b/c.d.e/f", "cid": OTHER}}},
    {"reply": {"root": {"uri": "at://a.b/c.d.e/f", "cid": OTHER}, "parent": {"uri": "at://a.b/c.d.e/f", "cid": OTHER}}},
    {"labels": {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "x" * 129}]}},
    {"labels": {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "porn"}]}},
    {"embed": {"$type": "com.example.new", "a": 1}},
    {"embed": {"$type": 5}},
    embedded("external", external={"uri": "https://a.b", "title": "t"}),
    embedded("external", external={"uri": "https://a.b", "title": "t", "description": ""}),
    embedded("record", record={"uri": "at://a.b/c.d.e/f", "cid": OTHER}),
    embedded("recordWithMedia", record={"$type": "app.bsky.embed.record"}),
    embedded("images", images=[]),
    embedded(
        "images", images=[{"image": {"$type": "blob", "ref": {"$link": OTHER}, "mimeType": "image/png", "size": -1}, "alt": ""}]
    ),
    embedded(
        "images",
        images=[{"image": {"$type": "blob", "ref": {"$link": OTHER}, "mimeType": "image/png", "size": 3_000_000}, "alt": ""}],
    ),
    embedded("video", video={"$type": "blob", "ref": {"$link": OTHER}, "mimeType": "image/png", "size": 1}),
    embedded("gallery", items=[{"$type": "a.b.c"}]),
    {"more": 1.5},
    {"more": {"deep": [1, "two", None, False]}},
    {"$type": "app.bsky.feed.like"},
]
BODIES = [
    {"rkey": "hello"},
    {"rkey": "he llo"},
    {"rkey": "self"},
    {"repo": NOBODY},
    {"repo": "nobody.test"},
    {"repo": "x"},
    {"repo": "alice.test"},
    {"collection": "x"},
    {"collection": "com.example.thing", "record": {"$type": "com.example.thing"}},
    {"collection": "com.example.thing", "record": {"$type": "com.example.thing"}, "validate": True},
    {"record": "text"},
    {"record": {"text": "no type", "createdAt": AT}},
    {"record": {"text": "a" * 301, "createdAt": AT}, "validate": False},
    {"validate": "yes"},
    {"swapCommit": OTHER.replace("hdw", "aaa")},
    {"swapCommit": "x"},
    {"unknown": True},
]


@pytest.mark.parametrize("changed", RECORDS, ids=range(len(RECORDS)))
def test_a_record_is_taken_or_refused_alike(sides, changed):
    ours, theirs = same(sides, lambda user, _key: user.write(record={"$type": POST, "text": "hello", "createdAt": AT, **changed}))
    if theirs.is_success:
        assert ours.json()["cid"] == theirs.json()["cid"], "the same content has the same name"


@pytest.mark.parametrize("changed", BODIES, ids=range(len(BODIES)))
def test_a_call_is_taken_or_refused_alike(sides, changed):
    def without_head(user, response):
        return re.sub(r"Commit was at \w+", "Commit was at HEAD", plain(user, response)[1] if not response.is_success else "")

    ours, theirs = sides.sandbox.write(**changed), sides.real.write(**changed)
    assert (ours.status_code, without_head(sides.sandbox, ours)) == (theirs.status_code, without_head(sides.real, theirs))


def test_a_record_key_lives_alike(sides):
    key = tid()
    steps = [
        lambda user: user.write(rkey=key),
        lambda user: user.write(rkey=key),
        lambda user: user.write(record=user.record("other"), rkey=key),
        lambda user: user.write("putRecord", rkey=key),
        lambda user: user.write("putRecord", user.record("other"), rkey=key),
        lambda user: user.write("putRecord", user.record("third"), rkey=key, swapRecord=None),
        lambda user: user.get(REPO + "getRecord", repo=user.did, collection=POST, rkey=key),
        lambda user: user.get(REPO + "getRecord", repo=user.did, collection=POST, rkey=key, cid=OTHER),
        lambda user: user.delete(key, swapRecord=OTHER),
        lambda user: user.delete(key),
        lambda user: user.delete(key),
        lambda user: user.get(REPO + "getRecord", repo=user.did, collection=POST, rkey=key),
        lambda user: user.write("putRecord", rkey=key),
    ]
    for step in steps:
        same(sides, lambda user, _key, step=step: step(user))


def test_writes_together_live_alike(sides):
    def create(text="a", key=None):
        return {"$type": "create", "value": {"text": text, "createdAt": AT}, **({"rkey": key} if key else {})}

    def update(key):
        return {**create("b", key), "$type": "update"}

    gone = tid()
    for writes in (
        lambda key: [create(key=key), create()],
        lambda key: [create(key=key), create("a" * 301)],
        lambda key: [create(key=key), create(key=key)],
        lambda key: [create(key=key), update(key), {"$type": "delete", "rkey": key}],
        lambda _key: [update(gone)],
        lambda _key: [{"$type": "delete", "rkey": gone}],
        lambda _key: [],
        lambda _key: [create()] * 201,
        lambda _key: [{"$type": "upsert"}],
        lambda _key: [{"$type": "create"}],
    ):
        same(sides, lambda user, key, writes=writes: user.apply(*writes(key)))


def test_blobs_are_taken_and_referred_to_alike(sides):
    fresh = PNG + secrets.token_bytes(8)
    for content, kind in ((fresh, "image/png"), (fresh, "image/jpeg"), (b"text", "text/plain"), (b"", "image/png"), (fresh, "")):
        ours, theirs = same(sides, lambda user, _key, content=content, kind=kind: user.upload(content, kind))
        assert ours.json() == theirs.json()
    same(sides, lambda user, _key: user.upload(b"x" * 5_242_881, "video/mp4"))
    for changed in (
        {"size": 5},
        {"mimeType": "image/jpeg"},
        {"mimeType": "text/plain"},
        {"ref": {"$link": "bafkrei" + OTHER[7:]}},
        {},
        {},
    ):

        def ask(user, _key, changed=changed):
            image = {**user.blob(fresh), **changed}
            return user.post(embed={"$type": "app.bsky.embed.images", "images": [{"image": image, "alt": ""}]})

        same(sides, ask)


def test_lists_come_alike(sides):
    for params in (
        {},
        {"limit": 3},
        {"limit": 0},
        {"limit": 101},
        {"limit": "x"},
        {"reverse": "true"},
        {"cursor": "2"},
        {"cursor": "z"},
    ):
        same(sides, lambda user, _key, params=params: user.get(REPO + "listRecords", repo=user.did, collection=POST, **params))
    same(sides, lambda user, _key: user.get(REPO + "listRecords", repo="nobody.test", collection=POST))
    same(sides, lambda user, _key: user.get(REPO + "listRecords", repo=user.did, collection="a.b.c"))
    same(sides, lambda user, _key: user.get(REPO + "listRecords", repo=user.did))


def test_sessions_live_alike(sides):
    def refresh(user, token, **options):
        url = f"{user.app.base}/xrpc/{SERVER}refreshSession"
        return user.app.http.post(url, headers={"Authorization": f"Bearer {token}"}, **options)

    same(sides, lambda user, _key: user.app.sign_in(identifier="alice.test", password="wrong"))
    same(sides, lambda user, _key: user.app.sign_in(identifier="nobody.else", password="wrong"))
    same(sides, lambda user, _key: user.app.http.post(f"{user.app.base}/xrpc/{SERVER}createSession", json={"identifier": "a"}))
    same(sides, lambda user, _key: refresh(user, user.token))
    same(sides, lambda user, _key: refresh(user, "x"))
    same(sides, lambda user, _key: refresh(user, user.tokens["refreshJwt"], json={}))
    for _ in range(2):
        assert [refresh(user, user.tokens["refreshJwt"]).status_code for user in (sides.sandbox, sides.real)] == [200, 200]
    same(sides, lambda user, _key: user.app.http.get(f"{user.app.base}/xrpc/{SERVER}getSession"))
    same(sides, lambda user, _key: user.app.http.get(f"{user.app.base}/xrpc/{REPO}createRecord"))
    same(sides, lambda user, _key: user.app.http.get(f"{user.app.base}/xrpc/com.example.thing"))
    for params in (
        {},
        {"aud": "x"},
        {"aud": NOBODY, "exp": 5},
        {"aud": NOBODY, "lxm": REPO + "uploadBlob", "exp": 2_000_000_000},
        {"aud": NOBODY},
    ):
        same(sides, lambda user, _key, params=params: user.get(SERVER + "getServiceAuth", **params))


def test_handles_resolve_alike(sides):
    for handle in ("alice.test", "nobody.test", "nobody"):
        same(sides, lambda user, _key, handle=handle: user.app.get("com.atproto.identity.resolveHandle", handle=handle))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"client_id": ""},
        {"client_id": "https://127.0.0.1/x.json"},
        {"client_id": "http://localhost/path"},
        {"client_id": "http://localhost:80?scope=atproto"},
        {"response_type": "token"},
        {"scope": None},
        {"scope": "transition:generic"},
        {"scope": "atproto transition:email"},
        {"redirect_uri": "http://127.0.0.1:9/else"},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"login_hint": "x y"},
        {"login_hint": "nobody.test"},
        {"state": None},
    ],
)
def test_a_request_is_pushed_or_refused_alike(sides, changed):
    ours, theirs = (user.app.push(**changed) for user in (sides.sandbox, sides.real))
    assert (ours.status_code, ours.json().get("error")) == (theirs.status_code, theirs.json().get("error"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"htm": "PUT"},
        {"htu": "http://a.b/"},
        {"iat": 5},
        {"jti": None},
        {"typ": "JWT"},
        {"private": True},
        {"nonce": None},
        {"nonce": "x"},
    ],
)
def test_a_wrong_proof_is_refused_alike(sides, wrong):
    for ask in (
        lambda user, _key: user.app.push(proof=wrong),
        lambda user, _key: user.call("GET", SERVER + "getSession", proof=wrong),
        lambda user, _key: user.call("GET", SERVER + "getSession", proof={"ath": None}),
        lambda user, _key: user.call("GET", SERVER + "getSession", proof={"key": ECKey.generate_key("P-256")}),
    ):
        ours, theirs = (ask(user, "") for user in (sides.bound_sandbox, sides.bound_real))
        assert (ours.status_code, ours.json()["error"]) == (theirs.status_code, theirs.json()["error"])
        assert ("www-authenticate" in ours.headers) == ("www-authenticate" in theirs.headers)


async def test_an_oauth_session_lives_alike(sides, pds):
    sandbox, real = sides.bound_sandbox.app, sides.bound_real.app
    users = [sandbox.connect("alice"), await connect(real, pds, pds.users["alice"])]

    def both(ask):
        ours, theirs = (ask(user) for user in users)
        assert (ours.status_code, ours.json().get("error")) == (theirs.status_code, theirs.json().get("error"))
        assert ours.json().keys() == theirs.json().keys()
        return ours, theirs

    both(lambda user: user.get(SERVER + "getSession"))
    both(lambda user: user.post())
    fresh = both(lambda user: user.app.refresh(user.tokens["refresh_token"]))
    both(lambda user: user.post())
    both(lambda user: user.app.refresh(user.tokens["refresh_token"]))
    for user, answer in zip(users, fresh, strict=True):
        user.token = answer.json()["access_token"]
    both(lambda user: user.post())
    both(lambda user: user.app.refresh("x"))
    both(lambda user: user.app.redeem("x", "v" * 43))
    both(lambda user: user.app.form("/oauth/revoke", {"token": "x"}))


def test_the_metadata_say_the_same(sides):
    for path in ("oauth-authorization-server", "oauth-protected-resource"):
        ours, theirs = (user.app.http.get(f"{user.app.base}/.well-known/{path}").json() for user in (sides.sandbox, sides.real))
        for name, value in ours.items():
            told = str(theirs[name]).replace(sides.real.app.base, "BASE")
            if isinstance(value, list) and name not in {"authorization_servers", "protected_resources"}:
                assert set(value) <= set(theirs[name]), name
            else:
                assert str(value).replace(sides.sandbox.app.base, "BASE") == told, name
